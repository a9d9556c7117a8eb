#!/usr/bin/env python3
"""Pictures of words, by themselves and in files: `make_words.py FOLDER`. Pillow with DejaVu Sans, python-docx; the PDFs are
written here, one for each way in which scanners put a page into one. The person, the child and the illness are invented."""
import io, sys, zipfile, zlib
from PIL import Image, ImageDraw, ImageFont
OUT = sys.argv[1]
FONT = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 30)
HEALTH = ["Amelia Martin takes medication", "for epilepsy at noon."]
WELSH = ["Mae gan Amelia Martin epilepsi", "ac mae hi'n cymryd meddyginiaeth", "am hanner dydd. Ffoniwch yr ysgol."]
def drawn(lines):
    picture = Image.new("L", (620, 60 + 48 * len(lines)), 255); pen = ImageDraw.Draw(picture)
    for n, line in enumerate(lines): pen.text((30, 30 + 48 * n), line, font=FONT, fill=0)
    return picture
def pdf(picture, dictionary, data):
    """A page that is nothing but this picture."""
    w, h = picture.size
    content = f"{w} 0 0 {h} 0 0 cm /X Do".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {w} {h}]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>".encode(),
        f"<</Length {len(content)}>>stream\n".encode() + content + b"\nendstream",
        f"<</Type/XObject/Subtype/Image/Width {w}/Height {h}{dictionary}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"]
    out, at = b"%PDF-1.7\n", []
    for n, o in enumerate(objects, 1): at.append(len(out)); out += f"{n} 0 obj\n".encode() + o + b"\nendobj\n"
    table = "".join(f"{a:010} 00000 n \n" for a in at)
    return out + f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n".encode()
def saved(picture, **how):
    out = io.BytesIO(); picture.save(out, **how); return out.getvalue()
def write(name, data):
    with open(f"{OUT}/{name}", "wb") as f: f.write(data)
health = drawn(HEALTH); bare = health.convert("1", dither=Image.Dither.NONE)
write("health.png", saved(bare, format="PNG", optimize=True)); write("welsh.png", saved(drawn(WELSH).convert("1", dither=Image.Dither.NONE), format="PNG", optimize=True))
write("scan-jpeg.pdf", pdf(health, "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", saved(health, format="JPEG", quality=30)))
write("scan-pixels.pdf", pdf(health, "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode", zlib.compress(bare.tobytes(), 9)))
strip = Image.open(io.BytesIO(saved(bare, format="TIFF", compression="group4", strip_size=1 << 20)))
offset, length = strip.tag_v2[273][0], strip.tag_v2[279][0]
assert strip.tag_v2[262] in (0, 1) and len(strip.tag_v2[273]) == 1
raw = saved(bare, format="TIFF", compression="group4", strip_size=1 << 20)[offset:offset + length]
if strip.tag_v2[262] == 1:  # Pillow wrote black as 0: the coded colours are turned.
    turned = Image.eval(bare.convert("L"), lambda v: 255 - v).convert("1", dither=Image.Dither.NONE)
    data = saved(turned, format="TIFF", compression="group4", strip_size=1 << 20); t = Image.open(io.BytesIO(data)); raw = data[t.tag_v2[273][0]:t.tag_v2[273][0] + t.tag_v2[279][0]]
write("scan-fax.pdf", pdf(health, f"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns {health.width}/Rows {health.height}>>", raw))
import docx
d = docx.Document(); d.add_paragraph("See the picture."); d.add_picture(io.BytesIO(saved(bare, format="PNG"))); out = io.BytesIO(); d.save(out)
with zipfile.ZipFile(out) as source, zipfile.ZipFile(f"{OUT}/picture.docx", "w", zipfile.ZIP_DEFLATED) as z:
    for name in source.namelist():
        if not name.startswith(("docProps/thumb", "customXml", "word/theme")): z.writestr(name, source.read(name))
