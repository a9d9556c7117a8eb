#!/usr/bin/env python3
"""Which changes of a picture hashes still find (docs/illegal-images.md, "What is found and what is not").

  measure.py GATEHOUSE [COUNT=48] [SEED=1] [CHANGES=all]

Draws COUNT harmless pictures of our own (draw.py), hashes them by Facebook's own code (`pdqhash`), changes them in every
way of changes.py (or in those whose names begin with CHANGES: `re` for re-encoded and resized), puts each into a mail, and
asks `GATEHOUSE scan` about all. Whether a picture is found is what the gate says; the distances are Facebook's own, of the
changed picture to the listed one in the nearest of eight turns. The gate compares at several sizes, so that it finds more.

Every picture is a list of its own, so that a match says which picture it took it for: twice, for `quality = 50` and for
the default. What Facebook's code gives a quality below 50 is on no list: matches of that, and of another picture than
itself, are false.

Prints the table as markdown, then what was missed though it was only re-encoded or resized, and the false matches. 48
pictures take a debug build a quarter of an hour of one core; for more build with --release. The first run puts Pillow,
NumPy and pdqhash under target/tools from PyPI (a C++ compiler is needed). What was drawn stays in target/pictures.
"""
import base64, os, shutil, subprocess, sys, venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS, WORK = ROOT / "target/tools/pictures", ROOT / "target/pictures"
NEAR = 31

LIST = '[[picture-list]]\nname = "{name}"\nfile = "{file}"\nkind = "pdq"\nquality = {quality}\n'
MAIL = b"""From: someone@chat.example
To: g.okafor@oakfield.example
Subject: hello
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="picture"
Content-Transfer-Encoding: base64

"""


def with_tools():
    """Goes on in an environment of its own that has what wanted.txt names."""
    wanted, there = HERE / "wanted.txt", TOOLS / "wanted.txt"
    if not there.exists() or there.read_text() != wanted.read_text():
        print("Fetching Pillow, NumPy and pdqhash from PyPI", file=sys.stderr)
        venv.create(TOOLS, clear=True, with_pip=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", "--require-hashes", "-r", wanted], check=True)
        shutil.copy(wanted, there)
    if Path(sys.prefix) != TOOLS:
        os.execv(TOOLS / "bin/python", [str(TOOLS / "bin/python"), *sys.argv])


with_tools()
sys.path.append(str(HERE.parent))
import io
import numpy as np, pdqhash
from PIL import Image
from changes import CHANGES
from draw import picture
from gate import Gate


def hashed(image):
    """256 bits as bytes, and the quality."""
    bits, quality = pdqhash.compute(np.ascontiguousarray(image.convert("RGB")))
    return np.packbits(bits), quality


def in_turns(image):
    """Its hashes in eight turns."""
    return [hashed(turned)[0] for shown in (image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
            for turned in [shown, *(shown.transpose(way) for way in list(Image.Transpose)[2:5])]]


def distances(found, listed):
    """Of each found hash to each listed picture in its nearest turn."""
    differ = np.bitwise_count(np.array(found)[:, None, None, :] ^ np.array(listed)[None])
    return differ.sum(axis=3, dtype=np.int32).min(axis=2)


def prepare(gatehouse, hashes):
    """A gate with two lists for each hash by its number."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("lists", "pictures", "mails"):
        (WORK / folder).mkdir(parents=True)
    lists = ""
    for quality in (50, 25):
        for number, value in hashes.items():
            file = WORK / f"lists/{number}.pdq.txt"
            file.write_text(value.tobytes().hex() + "\n")
            file.chmod(0o600)
            lists += LIST.format(name=f"q{quality}-{number}", file=file, quality=quality)
    return Gate(gatehouse, WORK, more=lists)


def scanned(gate, files):
    """By number: the name of the list that the gate says it matches, or None."""
    mails, matches = WORK / "mails", {}
    for number, file in enumerate(files):
        (mails / f"{number}.eml").write_bytes(MAIL + base64.encodebytes(file) + b"--b--\n")
    for number, line in gate.scan(mails).items():
        excerpts = [f["excerpt"] for f in line["findings"] if f["category"] == "file.illegal-image"]
        matches[number] = excerpts[0].split(": list ")[1].split(",")[0] if excerpts else None
    assert len(matches) == len(files), "a message has no line"
    return matches


def main():
    gatehouse = Path(sys.argv[1]).resolve()
    count, seed = [int(given) for given in sys.argv[2:4]] + [48, 1][len(sys.argv) - 2:]
    changes = [(name, change) for name, change in CHANGES if name.startswith(tuple(sys.argv[4:]) or "")]
    drawn = [picture(seed, number) for number in range(count)]
    first = [hashed(image) for _, image in drawn]
    listed = [number for number, (_, quality) in enumerate(first) if quality >= 50]
    gate = prepare(gatehouse, {number: first[number][0] for number in listed})
    for number, (kind, image) in enumerate(drawn):
        image.save(WORK / f"pictures/{number}-{kind}.png")
    turned = [in_turns(drawn[number][1]) for number in listed]
    own = {number: at for at, number in enumerate(listed)}
    apart = distances([first[number][0] for number in listed], turned)
    np.fill_diagonal(apart, 256)

    print(f"{count} pictures, {len(listed)} of them listed; any two of these differ in at least {apart.min()} bits\n")
    print("| Change | Found | With `quality = 50` | Mean distance | Greatest |\n|---|---|---|---|---|", flush=True)
    missed, wrong, others = [], [], []
    for name, change in changes:
        files = [change(image) for _, image in drawn]
        matches = scanned(gate, files)
        apart = distances([hashed(Image.open(io.BytesIO(file)))[0] for file in files], turned)
        near = {number: int(apart[number, at]) for number, at in own.items()}
        found = [number for number in listed if (matches[number] or "").endswith(f"-{number}")]
        strict = [number for number in found if matches[number].startswith("q50-")]
        wrong += [f"{name}: {number} {drawn[number][0]}, taken for {match}" for number, match in matches.items()
                  if match and number not in found]
        apart[list(own), list(own.values())] = 256
        others.append(apart)
        if name.startswith("re"):
            missed += [f"{name}: {number} {drawn[number][0]}, {near[number]} bits" for number in listed if number not in found]
        percent = [f"{100 * len(some) / len(listed):.1f} %" for some in (found, strict)]
        values = list(near.values())
        print(f"| {name} | {percent[0]} | {percent[1]} | {sum(values) / len(values):.1f} | {max(values)} |", flush=True)

    others = np.concatenate(others)
    print(f"\nRe-encoded or resized, and missed: {len(missed)}", *missed, sep="\n")
    print(f"\nFalse matches among {len(changes) * count} scanned: {len(wrong)}", *wrong, sep="\n")
    print(f"By Facebook's code, of {others.size - len(changes) * len(listed)} comparisons of a changed picture with another one's "
          f"hash {(others <= NEAR).sum()} lie within {NEAR} bits; the nearest: {others.min()}")


main()
