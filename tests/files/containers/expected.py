#!/usr/bin/env python3
"""The words that each open fixture of this folder must give, beside it: `expected.py FOLDER`. What has none is kept closed."""
import sys
OUT = sys.argv[1]
REGISTER = ("Surname Forename UPN Note\nPritchard Dafydd A801200001001 lives with aunt, see file\nMôrwen Siân A801200001002 Free school meals\n"
            "Okonjo Ade A801200001003 EHCP review on 4 May\n")
LETTER = "Dear Mrs Llewelyn-Test, Dafydd Pritchard (UPN A801200001001) was excluded for two days.\n"
THIRD = "Canary gog: A801200001004 belongs to Glan Invented.\n"
PAGE = "Exclusion of Dafydd Pritchard\nUPN A801200001001 café Ŵyn plan https://files.example/plan\nSiân A801200001002\n"
LONG = f"{'d' * 60}/{'e' * 60}/long-name-of-Dafydd-Pritchard.txt\n"
CAMERA = "Dafydd Pritchard at camp\nAde Okonjo\nA801200001001\nuser comment here\n"
MAIL = ("Exclusion of Dafydd Pritchard\nAde Okonjo\nMrs Llewelyn-Test head@ysgol.example\nHTML body A801200001002 Siân\nRTF body A801200001003 café\n"
        "register.csv\n" + REGISTER + "Inner.msg\nInner subject\nInner body A801200001004\n")
both, all_three = "register.csv letter.txt\n" + REGISTER + LETTER, "register.csv letter.txt folder/third.txt\n" + REGISTER + LETTER + THIRD
WORDS = {
    **dict.fromkeys(["plain.zip", "plain.7z"], all_three),
    **dict.fromkeys([f"zip-{m}.zip" for m in ("deflate64", "bzip2", "lzma", "ppmd")] + ["ppmd.7z", "bzip2.7z", "lzma.7z", "ustar.tar", "zstd.tar.zst"], both),
    **dict.fromkeys(["zip64.zip", "delta.7z", "bz.tar.bz2", "one.csv.gz"], "register.csv\n" + REGISTER),
    **dict.fromkeys(["gnu.tar.gz", "pax.tar.xz"], "register.csv\n" + REGISTER + LONG + LETTER),
    **dict.fromkeys(["streamed.zip", "one.csv.lzma", "utf16.csv", "latin.csv", "tabs.xls"], REGISTER),
    **dict.fromkeys(["two.gz", "two.xz", "two.zst"], REGISTER + THIRD),
    "partly.zip": "register.csv letter.txt folder/third.txt\n" + THIRD, "partly.7z": "register.csv letter.txt\n" + LETTER,
    "nested.zip": "inner.zip zipcrypto.zip plain.7z one.csv.gz\n" + REGISTER + all_three,
    # Its entities are undone where all HTML is read.
    "page.doc": "Exclusion of Dafydd Pritchard\nUPN A801200001001 plan\nA801200001002\n", "writer.rtf": PAGE, "winmail.dat": MAIL,
    "mail.msg": MAIL + "Plain body: UPN A801200001001 of Siân.\nzipped.zip\n" + all_three + "letter.txt\n" + LETTER,
    "narrow.msg": "Contact note\nGlan Invented\n01792 000000\n",
    "two.mbox": "First Ade a@b.example A801200001001\nSecond Ade a@b.example A801200001002\n",
    "event.ics": "Review for Dafydd Pritchard\nUPN A801200001001\nSecond line\nnote.txt\nCanary A801200001004\n", "old.vcf": "Môrwen Siân A801200001002\n",
    "camera.jpg": CAMERA + "a JPEG comment of Glan\nGlan Invented on the beach\nIPTC caption A801200001004\n",
    "photo.webp": CAMERA, "photo.heic": CAMERA, "photo.tif": "TIFF of Dafydd\n",
    "noted.png": CAMERA + "zipped A801200001002\nSiân at camp\n", "noted.gif": "GIF says A801200001003\n",
    "appended.jpg": CAMERA + all_three, "polyglot.jpg": CAMERA + all_three, "note-behind.png": "Secret note: A801200001003\n",
    "drawing.svg": "Dafydd A801200001001\n", "logo.png": "", "plain.bmp": "",
}
for name, words in WORDS.items():
    with open(f"{OUT}/{name}.txt", "w") as f: f.write(words)
