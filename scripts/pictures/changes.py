"""What may happen to a picture on its way, for measure.py: CHANGES has a name and what makes the changed file for each.
What is not about the format is saved as JPEG of quality 85.
"""
import io
from functools import partial

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SMOOTH = Image.Resampling.LANCZOS


def saved(image, kind="JPEG", **how):
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 85} if kind == "JPEG" else {}) | how)
    return file.getvalue()


def thrice(image):
    """A PNG, then a JPEG, then a WebP."""
    once = Image.open(io.BytesIO(saved(image, quality=80)))
    return saved(once, "WEBP", quality=75)


def gif(image):
    return saved(image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG), "GIF")


def resized(image, across, down):
    return image.resize((max(1, round(image.width * across)), max(1, round(image.height * down))), SMOOTH)


def thumbnail(image, side):
    return resized(image, *[side / max(image.size)] * 2)


def noisy(image, sigma):
    noise = np.random.default_rng(1).normal(0, sigma, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def marked(image, share, places, strength):
    """Half transparent words of so much of the width, at places in shares of what is left over."""
    font = ImageFont.load_default(40)
    left, top, right, bottom = font.getbbox("specimen copy")
    words = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(words).text((-left, -top), "specimen copy", fill=255, font=font)
    words = thumbnail(words, image.width * share)
    layer = Image.new("L", image.size)
    for across, down in places:
        layer.paste(words, (int((image.width - words.width) * across), int((image.height - words.height) * down)))
    return Image.composite(Image.blend(image, Image.new("RGB", image.size, WHITE), strength), image, layer)


def sticker(image):
    """A round yellow face, a fifth of the short side, right of the middle."""
    image, side = image.copy(), min(image.size) // 5
    x, y, draw = image.width * 3 // 5, image.height * 2 // 5, ImageDraw.Draw(image)
    draw.ellipse((x, y, x + side, y + side), fill=(255, 210, 40), outline=BLACK, width=2)
    for eye in (0.3, 0.6):
        draw.ellipse((x + side * eye, y + side * 0.3, x + side * (eye + 0.1), y + side * 0.4), fill=BLACK)
    draw.arc((x + side * 0.25, y + side * 0.3, x + side * 0.75, y + side * 0.8), 20, 160, fill=BLACK, width=3)
    return image


def cut(image, percent, sides):
    """From the left side, or from all four."""
    x, y = round(image.width * percent / 100), round(image.height * percent / 100)
    return image.crop((x, 0, image.width, image.height) if sides == 1 else (x, y, image.width - x, image.height - y))


def border(image, percent, colour):
    return ImageOps.expand(image, max(1, round(max(image.size) * percent / 100)), colour)


def tilted(image, degrees):
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=BLACK)


def telephone(image):
    """In the middle of a tall dark screen, with a bar above and below."""
    screen = Image.new("RGB", (image.width, image.width * 2), (16, 16, 16))
    draw = ImageDraw.Draw(screen)
    draw.text((10, 8), "11:24", fill=WHITE, font=ImageFont.load_default(18))
    draw.text((image.width - 60, 8), "84 %", fill=WHITE, font=ImageFont.load_default(18))
    draw.rectangle((0, screen.height - 60, screen.width, screen.height), fill=(40, 40, 40))
    shown = thumbnail(image, min(image.width, screen.height - 120) if image.height > image.width else image.width)
    screen.paste(shown, ((screen.width - shown.width) // 2, (screen.height - shown.height) // 2))
    return screen


def window(image):
    """In a window of a desktop program: a title bar of 28 points above, a thin frame around."""
    screen = Image.new("RGB", (image.width + 4, image.height + 30), (225, 225, 228))
    draw = ImageDraw.Draw(screen)
    draw.text((10, 6), "Picture viewer", fill=BLACK, font=ImageFont.load_default(14))
    draw.text((screen.width - 24, 4), "x", fill=BLACK, font=ImageFont.load_default(18))
    screen.paste(image, (2, 28))
    return screen


def of(enhancer, factor):
    return lambda image: enhancer(image).enhance(factor)


def turned(how):
    return lambda image: image.transpose(how)


def changes():
    """Pairs of a name and a function from a picture to a file."""
    for quality in (30, 40, 60, 80, 95):
        yield f"re-encoded: JPEG quality {quality}", partial(saved, quality=quality)
    yield "re-encoded: progressive JPEG 75, colour halved", partial(saved, quality=75, progressive=True, subsampling="4:2:0")
    yield "re-encoded: WebP quality 60", partial(saved, kind="WEBP", quality=60)
    yield "re-encoded: PNG to JPEG 80 to WebP 75", thrice
    yield "re-encoded: GIF, 256 colours", gif
    for name, change in pictures():
        yield name, lambda image, change=change: saved(change(image))


def pictures():
    """Pairs of a name and a function from a picture to another."""
    for factor in (0.25, 0.5, 0.75, 1.5, 2, 4):
        yield f"resized: x{factor}", partial(resized, across=factor, down=factor)
    yield "resized: 5 % wider", partial(resized, across=1.05, down=1)
    yield "resized: 15 % wider", partial(resized, across=1.15, down=1)
    yield "resized: thumbnail of 96", partial(thumbnail, side=96)
    yield "resized: thumbnail of 160", partial(thumbnail, side=160)
    way = Image.Transpose
    yield "turned: 90", turned(way.ROTATE_90)
    yield "turned: 180", turned(way.ROTATE_180)
    yield "turned: 270", turned(way.ROTATE_270)
    yield "mirrored: left to right", turned(way.FLIP_LEFT_RIGHT)
    yield "mirrored: top to bottom", turned(way.FLIP_TOP_BOTTOM)
    yield "mirrored and turned: 90", turned(way.TRANSPOSE)
    yield "greyscale", ImageOps.grayscale
    for factor in (0.6, 0.8, 1.2, 1.4):
        yield f"brightness x{factor}", of(ImageEnhance.Brightness, factor)
    for factor in (0.6, 0.8, 1.25, 1.5):
        yield f"contrast x{factor}", of(ImageEnhance.Contrast, factor)
    yield "colours x1.8", of(ImageEnhance.Color, 1.8)
    yield "blurred, radius 2", lambda image: image.filter(ImageFilter.GaussianBlur(2))
    yield "sharpened", lambda image: image.filter(ImageFilter.UnsharpMask(2, 150, 2))
    yield "noise, sigma 12", partial(noisy, sigma=12)
    yield "watermark: large, across", partial(marked, share=0.9, places=[(0.5, 0.5)], strength=0.5)
    yield "watermark: small, in a corner", partial(marked, share=0.2, places=[(0.95, 0.95)], strength=0.7)
    yield "sticker, a fifth of the short side", sticker
    for sides, named in ((1, "one side"), (4, "every side")):
        for percent in (1, 2, 3, 4, 5, 7, 10, 15, 20, 30):
            yield f"cropped: {percent} % of {named}", partial(cut, percent=percent, sides=sides)
    for percent in (1, 2, 5, 10):
        for colour, named in ((BLACK, "black"), (WHITE, "white")):
            yield f"border: {percent} %, {named}", partial(border, percent=percent, colour=colour)
    for degrees in (1, 2, 5):
        yield f"tilted: {degrees} degrees", partial(tilted, degrees=degrees)
    yield "screenshot: telephone", telephone
    yield "screenshot: window with title bar", window
    yield "negative", ImageChops.invert


CHANGES = list(changes())
