"""Harmless pictures of our own, for measure.py: a program draws them from random numbers, nobody and nothing is shown.
The same number gives the same picture to everybody, with the versions of wanted.txt.
"""
import math, random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WORDS = ("school trip hall list pupils term letter music garden library chair window river Tuesday lesson paper bus lunch "
         "maths drawing autumn colour please return form office coach reading sports day hall raffle kitchen museum").split()
SIZES = [(400, 400), (480, 360), (360, 480), (560, 420), (420, 560), (640, 426), (640, 480), (480, 640), (720, 405), (700, 500)]


def picture(seed, number):
    """Its kind and itself. One in twelve is nearly flat."""
    rng = random.Random(f"{seed}/{number}")
    kind = FLAT if number % 12 == 11 else KINDS[(number - number // 12) % len(KINDS)]
    noise = np.random.default_rng([seed, number])
    return kind.__name__, kind(rng, noise, *rng.choice(SIZES)).convert("RGB")


def colour(rng, low=0, high=255):
    return tuple(rng.randint(low, high) for _ in range(3))


def blend(one, other, share):
    return tuple(int(a + (b - a) * share) for a, b in zip(one, other))


def clouds(noise, width, height, coarse, octaves=5):
    """Noise of several sizes added up, 0 to 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = (coarse * 2**octave * height // width + 2, coarse * 2**octave + 2)
        layer = Image.fromarray(noise.random(cells, np.float32)).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer) / 2**octave
    return (total - total.min()) / (total.max() - total.min())


def mapped(values, one, other):
    """A picture whose colours lie between two."""
    one, other = np.array(one, np.float32), np.array(other, np.float32)
    return Image.fromarray((one + (other - one) * values[..., None]).clip(0, 255).astype(np.uint8))


def ground(rng, width, height):
    """Colours that change from one side to the other."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    share = rng.random()
    return mapped((across * share + down * (1 - share)).astype(np.float32), colour(rng), colour(rng))


def grained(image, noise, sigma):
    """As a camera's pictures are."""
    pixels = np.asarray(image, np.float32) + noise.normal(0, sigma, (image.height, image.width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def scene(rng, noise, width, height):
    """Sky with clouds, a sun, hills, trees, a house."""
    sky, cloud = colour(rng, 90, 220), colour(rng, 190, 255)
    image = mapped(clouds(noise, width, height, rng.randint(2, 4)) ** 2, sky, cloud)
    draw = ImageDraw.Draw(image)
    x, y, r = rng.randrange(width), rng.randrange(height // 3), rng.randint(width // 30, width // 10)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, 240, rng.randint(120, 220)))
    for layer in range(rng.randint(2, 4)):
        base, shade = height * (0.4 + 0.17 * layer), colour(rng, 20, 150)
        waves = [(rng.uniform(0.5, 6), rng.uniform(0, 7), rng.uniform(4, height / 9)) for _ in range(4)]
        ridge = [(x, base + sum(a * math.sin(f * x / width * 6.3 + p) for f, p, a in waves)) for x in range(0, width + 4, 4)]
        draw.polygon([*ridge, (width, height), (0, height)], fill=shade)
        for _ in range(rng.randint(0, 14)):
            x, y = rng.choice(ridge)
            tall = rng.uniform(0.05, 0.16) * height
            draw.rectangle((x - 2, y - tall / 3, x + 2, y + 6), fill=blend(shade, (60, 30, 10), 0.7))
            draw.ellipse((x - tall / 3, y - tall, x + tall / 3, y - tall / 4), fill=blend(shade, (10, 90, 20), rng.random()))
    if rng.random() < 0.6:
        x, y, w, h = rng.uniform(0.1, 0.7) * width, rng.uniform(0.6, 0.75) * height, width / 6, height / 6
        draw.rectangle((x, y, x + w, y + h), fill=colour(rng, 100, 240))
        draw.polygon([(x - 8, y), (x + w / 2, y - h * 0.7), (x + w + 8, y)], fill=colour(rng, 60, 160))
        draw.rectangle((x + w / 3, y + h / 2, x + w / 2, y + h), fill=colour(rng, 0, 80))
    return grained(image.filter(ImageFilter.GaussianBlur(0.7)), noise, rng.uniform(2, 8))


def plot(rng, noise, width, height):
    """A diagram with bars or curves, as a lesson has it."""
    image = Image.new("RGB", (width, height), (255, 255, 255))
    draw, left, low = ImageDraw.Draw(image), width // 10, height * 9 // 10
    for step in range(1, 7):
        y = low - step * height // 8
        draw.line((left, y, width - 10, y), fill=(215, 215, 215))
        draw.text((6, y - 6), str(step * 10), fill=(0, 0, 0), font=ImageFont.load_default(12))
    draw.text((width // 3, 8), " ".join(rng.sample(WORDS, 3)), fill=(0, 0, 0), font=ImageFont.load_default(18))
    if rng.random() < 0.5:
        count = rng.randint(4, 12)
        for bar in range(count):
            x, wide = left + (bar + 0.2) * (width - left - 20) / count, (width - left - 20) / count * 0.65
            draw.rectangle((x, low - rng.uniform(0.05, 0.75) * height, x + wide, low), fill=colour(rng, 20, 220))
    else:
        for _ in range(rng.randint(2, 4)):
            level, points = rng.uniform(0.2, 0.6), []
            for x in range(left, width - 10, 6):
                level = min(0.8, max(0.03, level + rng.gauss(0, 0.02)))
                points.append((x, low - level * height))
            draw.line(points, fill=colour(rng, 0, 200), width=rng.randint(2, 5))
    draw.line((left, 30, left, low, width - 10, low), fill=(0, 0, 0), width=2)
    return image


def shapes(rng, noise, width, height):
    """Circles, boxes, triangles and lines on a ground that changes its colour."""
    image = ground(rng, width, height)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(8, 30)):
        x, y, r = rng.randrange(width), rng.randrange(height), rng.randint(width // 30, width // 4)
        corners = [(x + rng.randint(-r, r), y + rng.randint(-r, r)) for _ in range(3)]
        fill = colour(rng)
        match rng.randrange(4):
            case 0: draw.ellipse((x - r, y - r, x + r, y + r * rng.uniform(0.3, 1)), fill=fill)
            case 1: draw.rectangle((x - r, y - r, x + r, y + r * rng.uniform(0.1, 1)), fill=fill)
            case 2: draw.polygon(corners, fill=fill)
            case _: draw.line(corners, fill=fill, width=rng.randint(2, 14))
    return image


def fractal(rng, noise, width, height):
    """A Julia set whose number lies near the edge of Mandelbrot's, where there is most to see."""
    angle, zoom = rng.uniform(0, 2 * math.pi), rng.uniform(0.9, 1.6)
    c = np.complex64((np.exp(1j * angle) / 2 - np.exp(2j * angle) / 4) * rng.uniform(1.01, 1.08))
    across, down = np.meshgrid(np.linspace(-zoom, zoom, width), np.linspace(-zoom, zoom, height) * height / width)
    z, steps = (across + 1j * down).astype(np.complex64), np.zeros((height, width), np.float32)
    for _ in range(48):
        inside = np.abs(z) < 4
        steps += inside
        z = np.where(inside, z * z + c, z)
    low = steps.min()
    return mapped(np.sqrt((steps - low) / max(1, steps.max() - low)), colour(rng, 0, 120), colour(rng, 130, 255))


def texture(rng, noise, width, height):
    """Marble, wood, cloth, stone."""
    rough = clouds(noise, width, height, rng.randint(2, 8))
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    grain = across * rng.uniform(-8, 8) + down * rng.uniform(-8, 8)
    values = (np.sin((grain + rough * rng.uniform(1, 6)) * 6.3) + 1) / 2
    if rng.random() < 0.4:
        values = rough
    return grained(mapped(values.astype(np.float32), colour(rng, 0, 140), colour(rng, 110, 255)), noise, 5)


def page(rng, noise, width, height):
    """A page of text with a heading, some with a box or a picture."""
    image = Image.new("RGB", (width, height), blend((255, 255, 255), colour(rng, 200, 255), 0.5))
    draw, size = ImageDraw.Draw(image), rng.randint(9, 18)
    ink, font = blend((0, 0, 0), colour(rng), 0.2), ImageFont.load_default(size)
    draw.text((width // 12, 12), " ".join(rng.sample(WORDS, 3)).capitalize(), fill=ink, font=ImageFont.load_default(2 * size))
    y, lines = 20 + 3 * size, 0
    while y < height - 2 * size:
        line, room = "", width * (1 if lines % 7 < 6 else rng.uniform(0.3, 0.9)) - width / 6
        while draw.textlength(line, font=font) < room:
            line += rng.choice(WORDS) + " "
        draw.text((width // 12, y), line, fill=ink, font=font)
        y, lines = y + size * (1.35 if lines % 7 < 6 else 2.2), lines + 1
    if rng.random() < 0.5:
        x, y = rng.uniform(0.1, 0.6) * width, rng.uniform(0.3, 0.7) * height
        box = ground(rng, width // 3, height // 5)
        ImageDraw.Draw(box).ellipse((10, 10, box.width // 2, box.height - 10), fill=colour(rng))
        image.paste(box, (int(x), int(y)))
    return image


def flat(rng, noise, width, height):
    """One colour and next to nothing on it: lists leave such out, since all of them look alike."""
    image = Image.new("RGB", (width, height), colour(rng))
    x, y = rng.randrange(width), rng.randrange(height)
    ImageDraw.Draw(image).line((x, y, x + 40, y + 12), fill=colour(rng), width=2)
    return image


KINDS, FLAT = [scene, plot, shapes, fractal, texture, page], flat
