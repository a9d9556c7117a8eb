#!/usr/bin/env python3
"""Fixtures of the remaining formats, of the content of ../documents/make.py: `make_formats.py FOLDER`. Beside each file.ext lies
file.ext.txt; what a password or a key keeps closed has none. LibreOffice (by python3-uno), macutils, pzstd, GNU tar,
Pillow with pillow-heif, piexif, exiftool, gpg, openssl; what no free program writes (rar, xlsb, PowerPoint's and the older
OOXML encryption) is written here by its published format, and read back by another reader where one is installed."""
import base64, binascii, io, mailbox, os, quopri, struct, subprocess, sys, tarfile, tempfile, zipfile, zlib
OUT = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENTS = os.path.join(HERE, "..", "documents")
CONTAINERS = os.path.join(HERE, "..", "containers")
sys.path.insert(0, DOCUMENTS)
sys.argv[1:] = [OUT]
import make_others
from make import PARAS, ROWS, cells, expect
from make_others import OFFICE, run
TEXT = [*PARAS, *cells(ROWS)]
CSV = "\r\n".join(",".join(f'"{c}"' for c in r) for r in ROWS).encode() + b"\r\n"
LETTER = ("\r\n".join(PARAS) + "\r\n").encode()
def write(name, data):
    with open(f"{OUT}/{name}", "wb") as f: f.write(data)
def said(name): return open(f"{DOCUMENTS}/{name}.txt").read().splitlines()

# LibreOffice: PowerPoint 97, SYLK, DIF, and OpenDocument closed by each of its ciphers.
def office(jobs):
    with tempfile.TemporaryDirectory() as home:
        o = subprocess.Popen(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{home}", "--accept=pipe,name=fixtures;urp;"])
        subprocess.run(["/usr/bin/python3", "-c", OFFICE], input="\n".join(jobs).encode(), check=True, timeout=120); o.wait(60)
def by_office():
    d = os.path.abspath(DOCUMENTS)
    jobs = [f"{d}/python.pptx|{OUT}/office.ppt|MS PowerPoint 97|", f"{d}/office.ods|{OUT}/office.slk|SYLK|",
            f"{d}/office.ods|{OUT}/office.dif|DIF|", f"{d}/office.odp|{OUT}/office-closed.odp|impress8|sesame"]
    office(jobs)
    # Without its thumbnail of 440 KB.
    import olefile
    streams = [(n, olefile.OleFileIO(f"{OUT}/office.ppt").openstream(n).read()) for n in ("PowerPoint Document", "Current User")]
    write("office.ppt", compound(streams))
    expect("office.ppt", *said("python.pptx"))
    # Its dates are numbers without a format there.
    expect("office.slk", *[c.replace("2015-09-03", "42250").replace("2016-01-22", "42391").replace("2015-11-30", "42338") for c in cells(ROWS)]); expect("office.dif", *cells(ROWS))
def blowfish():
    """Each part packed, then encrypted with the cipher of ODF 1.0 and 1.1 (OpenDocument 1.1, section 17.3)."""
    import hashlib
    from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    for kind, source in (("odt", "pandoc.odt"), ("ods", "office.ods"), ("odp", "office.odp")):
        source = zipfile.ZipFile(f"{DOCUMENTS}/{source}"); buffer = io.BytesIO(); entries = ""
        media = source.read("mimetype").decode()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as z:
            z.writestr("mimetype", media)
            for name in source.namelist():
                if name in ("mimetype", "META-INF/manifest.xml") or name.endswith("/"): continue
                data = source.read(name); packed = zlib.compressobj(9, zlib.DEFLATED, -15); packed = packed.compress(data) + packed.flush()
                salt, start = os.urandom(16), os.urandom(8)
                key = hashlib.pbkdf2_hmac("sha1", hashlib.sha1(b"sesame").digest(), salt, 1024, 16)
                e = Cipher(Blowfish(key), modes.CFB(start)).encryptor(); z.writestr(name, e.update(packed) + e.finalize())
                b64 = lambda b: base64.b64encode(b).decode()
                entries += (f'<manifest:file-entry manifest:media-type="{"text/xml" if name.endswith("xml") else ""}" manifest:full-path="{name}" manifest:size="{len(data)}">'
                    f'<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="{b64(hashlib.sha1(packed[:1024]).digest())}">'
                    f'<manifest:algorithm manifest:algorithm-name="Blowfish CFB" manifest:initialisation-vector="{b64(start)}"/>'
                    f'<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:iteration-count="1024" manifest:salt="{b64(salt)}"/></manifest:encryption-data></manifest:file-entry>')
            z.writestr("META-INF/manifest.xml", '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                f'<manifest:file-entry manifest:media-type="{media}" manifest:full-path="/"/>{entries}</manifest:manifest>')
        write(f"blowfish-closed.{kind}", buffer.getvalue())

# RAR 4 and 5 (technote.txt of RAR): stored members, encrypted ones, encrypted headers.
def crc16(data): return struct.pack("<H", zlib.crc32(data) & 0xffff)
def block4(kind, flags, fields, data=b""):
    head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return crc16(head) + head + data
def member4(name, data, closed=False):
    packed = os.urandom(-(-len(data) // 16) * 16) if closed else data
    name = name.encode("ascii")
    fields = struct.pack("<IIBIIBBHI", len(packed), len(data), 2, zlib.crc32(data), 0x58210000, 29, 0x33 if closed else 0x30, len(name), 32) + name
    return block4(0x74, 0x8000 | (0x404 if closed else 0), fields + (os.urandom(8) if closed else b""), packed)
END4 = block4(0x7b, 0x4000, b"")
def rar4(*members, headers_closed=False):
    out = b"Rar!\x1a\x07\x00" + block4(0x73, 0x80 if headers_closed else 0, bytes(6))
    # Behind: a salt before each header, and nothing that says what it is.
    return out + (os.urandom(320) if headers_closed else b"".join(members) + END4)
def vint(n):
    out = b""
    while n > 127: out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def block5(kind, flags, fields, extra=b"", data=b""):
    flags |= (1 if extra else 0) | (2 if data else 0)
    head = vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"") + (vint(len(data)) if data else b"") + fields + extra
    head = vint(len(head)) + head
    return struct.pack("<I", zlib.crc32(head)) + head + data
def member5(name, data, closed=False):
    packed = os.urandom(-(-len(data) // 16) * 16) if closed else data
    name = name.encode()
    fields = vint(4) + vint(len(data)) + vint(0o100644) + struct.pack("<I", zlib.crc32(data)) + vint(0) + vint(1) + vint(len(name)) + name
    record = vint(1) + vint(0) + vint(1) + bytes([15]) + os.urandom(16 + 16 + 12)
    return block5(2, 0, fields, vint(len(record)) + record if closed else b"", packed)
def rar5(*members, headers_closed=False):
    out = b"Rar!\x1a\x07\x01\x00"
    if headers_closed: return out + block5(4, 0, vint(0) + vint(1) + bytes([15]) + os.urandom(16 + 12)) + os.urandom(320)
    return out + block5(1, 0, vint(0)) + b"".join(members) + block5(5, 0, vint(0))
def rars():
    document = open(f"{DOCUMENTS}/pandoc.docx", "rb").read()
    for version, pack, member in ((4, rar4, member4), (5, rar5, member5)):
        write(f"stored-{version}.rar", pack(member("class/register.csv", CSV), member("letter.txt", LETTER), member("Tomos Bevan.docx", document)))
        expect(f"stored-{version}.rar", "class register.csv", "letter.txt", "Tomos Bevan.docx", *cells(ROWS), *PARAS, *said("pandoc.docx"))
        write(f"partly-{version}.rar", pack(member("register.csv", CSV, closed=True), member("letter.txt", LETTER)))
        expect(f"partly-{version}.rar", "register.csv", "letter.txt", *PARAS)
        write(f"closed-{version}.rar", pack(member("register.csv", CSV, closed=True), member("letter.txt", LETTER, closed=True)))
        write(f"closed-names-{version}.rar", pack(headers_closed=True))

# Binary workbooks (MS-XLSB).
def record(kind, data=b""):
    return (bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])) + vint(len(data)) + data
def wide(text): return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")
def xlsb():
    strings, hidden = [c for r in ROWS for c in r], "tucked away value"
    def sheet(rows):
        out = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + record(145)
        for i, row in enumerate(rows):
            out += record(0, struct.pack("<IIHBBBI", i, 0, 300, 0, 0, 0, 0))
            for j, c in enumerate(row):
                head = struct.pack("<II", j, 0)
                if isinstance(c, float): out += record(5, head + struct.pack("<d", c))
                elif c in strings: out += record(7, head + struct.pack("<I", strings.index(c)))
                else: out += record(6, head + wide(c))
        return out + record(146) + record(130)
    R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    def relations(*list): return ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(f'<Relationship Id="rId{n}" Type="{R}/{t}" Target="{to}"/>' for n, (t, to) in enumerate(list, 1)) + "</Relationships>").encode()
    E = "application/vnd.ms-excel"
    types = "".join(f'<Override PartName="/xl/{p}" ContentType="{E}.{t}"/>' for p, t in (("workbook.bin", "sheet.binary.macroEnabled.main"),
        ("worksheets/sheet1.bin", "worksheet"), ("worksheets/sheet2.bin", "worksheet"), ("sharedStrings.bin", "sharedStrings"), ("comments1.bin", "comments")))
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Y9 register"))
    book += record(156, struct.pack("<II", 1, 2) + wide("rId2") + wide("Secrets")) + record(144) + record(132)
    sst = record(159, struct.pack("<II", len(strings), len(strings))) + b"".join(record(19, b"\0" + wide(s)) for s in strings) + record(160)
    remark = record(628) + record(630) + record(632, wide("Rhodri Pugh")) + record(631) + record(633)
    remark += record(635, struct.pack("<IIIII", 0, 1, 1, 0, 0) + bytes(16)) + record(637, b"\0" + wide("mother works nights")) + record(636) + record(634) + record(629)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>')
        z.writestr("_rels/.rels", relations(("officeDocument", "xl/workbook.bin")))
        z.writestr("xl/workbook.bin", book)
        z.writestr("xl/_rels/workbook.bin.rels", relations(("worksheet", "worksheets/sheet1.bin"), ("worksheet", "worksheets/sheet2.bin"), ("sharedStrings", "sharedStrings.bin")))
        z.writestr("xl/worksheets/sheet1.bin", sheet([*ROWS, ["Łukasz Wiśniewski", 1234.5]])); z.writestr("xl/worksheets/sheet2.bin", sheet([[hidden]]))
        z.writestr("xl/worksheets/_rels/sheet1.bin.rels", relations(("comments", "../comments1.bin")))
        z.writestr("xl/sharedStrings.bin", sst); z.writestr("xl/comments1.bin", remark)
    write("own.xlsb", buffer.getvalue())
    expect("own.xlsb", "Y9 register", "Secrets", *cells(ROWS), "Łukasz Wiśniewski", "1234.5", hidden, "Rhodri Pugh", "mother works nights")
    try: import pyxlsb
    except ImportError: return
    with pyxlsb.open_workbook(f"{OUT}/own.xlsb") as w:
        read = [c.v for n in w.sheets for r in w.get_sheet(n).rows() for c in r]
        assert w.sheets == ["Y9 register", "Secrets"] and set(strings) | {1234.5} <= set(read), read

# Old and rare wrappings.
def wrappings():
    with tempfile.TemporaryDirectory() as home:
        open(f"{home}/register.csv", "wb").write(CSV); open(f"{home}/letter.txt", "wb").write(LETTER)
        # Its mark is not that of the standard: "(This file must be converted; you knew that already.)"
        packed = run("binhex", "-d", "register.csv", cwd=home).stdout
        write("macutils.hqx", packed); expect("macutils.hqx", "register.csv", *cells(ROWS))
        run("pzstd", "-q", "-f", "-p", "2", "-o", f"{home}/pzstd.zst", f"{home}/register.csv")
        packed = open(f"{home}/pzstd.zst", "rb").read(); assert packed[1:4] == b"\x2a\x4d\x18"
        write("pzstd.csv.zst", packed); expect("pzstd.csv.zst", *cells(ROWS))
        note = b"skipped by every program: A801200001009"
        frame = b"\x5e\x2a\x4d\x18" + struct.pack("<I", len(note)) + note
        plain = run("zstd", "-qc", f"{home}/register.csv").stdout
        write("skipped.csv.zst", frame + frame.replace(b"\x5e", b"\x50", 1) + plain); expect("skipped.csv.zst", *cells(ROWS), note.decode())
        write("own.csv.lzma", run("xz", "--format=lzma", "-kc", f"{home}/register.csv").stdout); expect("own.csv.lzma", *cells(ROWS))
        long = f"Siân/{'d' * 70}/{'e' * 60}/{'f' * 40}/exclusion-of-Dafydd-Pritchard.txt"
        os.makedirs(os.path.dirname(f"{home}/{long}")); open(f"{home}/{long}", "wb").write(LETTER); os.symlink(long, f"{home}/shortcut-to-Dafydd")
        for kind in ("v7", "oldgnu", "gnu", "pax", "ustar"):
            members = ["register.csv"] + ([] if kind == "v7" else [long]) + (["shortcut-to-Dafydd"] if kind in ("oldgnu", "gnu", "pax") else [])
            tar = run("tar", "c", f"--format={kind}", "--owner=0", "--group=0", "--numeric-owner", *members, cwd=home).stdout
            write(f"{kind}.tar.gz", run("gzip", "-9nc", input=tar).stdout)
            expect(f"{kind}.tar.gz", "register.csv", *cells(ROWS), *([] if kind == "v7" else [long, *PARAS]), *(["shortcut-to-Dafydd"] if len(members) > 2 else []))

# Mail in files, calendars and cards.
def message(subject, text, attached="", sender="Rhodri Pugh <r.pugh@oakfield.example>"):
    return (f"From: {sender}\r\nTo: Meredith Thistlewood <m.thistle@oakfield.example>\r\nSubject: {subject}\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=edge-" + str(len(subject)) + "\r\n\r\n"
        f"--edge-{len(subject)}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quopri.encodestring(text.encode()).decode().replace("\n", "\r\n") + "\r\n" + attached + f"--edge-{len(subject)}--\r\n")
def part(edge, kind, data, encoding="base64", name=None):
    body = base64.encodebytes(data).decode().replace("\n", "\r\n") if encoding == "base64" else data.decode()
    return f"--edge-{edge}\r\nContent-Type: {kind}\r\n" + (f"Content-Disposition: attachment; filename=\"{name}\"\r\n" if name else "") + f"Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
def fold(line):
    out, data = [], line.encode()
    while len(data) > 74:
        cut = 74
        while data[cut] & 0xc0 == 0x80: cut -= 1
        out.append(data[:cut]); data = b" " + data[cut:]
    return b"\r\n".join([*out, data])
def mails():
    inner = message("Inner subject", PARAS[2], part(len("Inner subject"), "text/csv; name=register.csv", CSV, name="register.csv"))
    middle = message("Forwarded twice over", PARAS[1], part(len("Forwarded twice over"), "message/rfc822", inner.encode(), "7bit"))
    # As a whole in base64, which RFC 2046 forbids and programs write.
    outer = message("Outermost letter here now", PARAS[0], part(len("Outermost letter here now"), "message/rfc822", middle.encode(), name="forwarded.eml"))
    write("three-deep.eml", outer.encode())
    expect("three-deep.eml", "Inner subject", "Forwarded twice over", "Outermost letter here now", "Rhodri Pugh", "Meredith Thistlewood", "register.csv", *PARAS[:3], *cells(ROWS))
    with tempfile.TemporaryDirectory() as home:
        box = mailbox.mbox(f"{home}/box")
        for n, p in enumerate(PARAS): box.add(message(f"Letter {n}", "From the office:\r\n" + p + "\r\nFrom Oakfield with thanks").encode())
        box.flush(); write("class.mbox", open(f"{home}/box", "rb").read())
    expect("class.mbox", *[f"Letter {n}" for n in range(5)], *["From the office", "From Oakfield with thanks", "Rhodri Pugh", "Meredith Thistlewood"] * 5, *PARAS)
    escape = lambda t: t.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Oakfield//EN"]
    for n, p in enumerate(PARAS):
        lines += ["BEGIN:VEVENT", f"UID:{n}@oakfield.example", "DTSTAMP:20260302T090000Z", "DTSTART:20260302T090000Z", "SUMMARY:" + escape(f"Review of {ROWS[n % 4][0]}"),
                  "DESCRIPTION:" + escape(p + "\n" + cells(ROWS)[n % 4]), "LOCATION:" + escape("27 Larch Rise, Penbryn"), 'ATTENDEE;CN="Rhodri Pugh":mailto:r.pugh@oakfield.example', "END:VEVENT"]
    write("office.ics", b"\r\n".join(fold(l) for l in [*lines, "END:VCALENDAR"]) + b"\r\n")
    expect("office.ics", *[f"Review of {ROWS[n % 4][0]}" for n in range(5)], *PARAS, *[cells(ROWS)[n % 4] for n in range(5)], *["27 Larch Rise, Penbryn", "Rhodri Pugh"] * 5)
    card = ["BEGIN:VCARD", "VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + quopri.encodestring("Müller-Åkesson;Zoë".encode()).decode(), "TEL;HOME:01632 960 123",
            "ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + quopri.encodestring(";;27 Larch Rise;Penbryn;;SA1 1AA;".encode()).decode()]
    for p in PARAS: card.append("NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + quopri.encodestring(p.encode()).decode().replace("\n", "\r\n"))
    write("phone.vcf", "\r\n".join([*card, "END:VCARD", ""]).encode())
    expect("phone.vcf", "Müller-Åkesson", "Zoë", "01632 960 123", "27 Larch Rise", "Penbryn", "SA1 1AA", *PARAS)
def pictures():
    from PIL import Image
    import piexif, pillow_heif
    pillow_heif.register_heif_opener()
    exif = piexif.dump({"0th": {0x10e: b"Tomos Bevan at the lake, class 4B", 0x13b: b"Rhodri Pugh", 0x9c9c: "A801200001003".encode("utf-16le")}, "Exif": {0x9286: b"ASCII\0\0\0speech therapy on Tuesdays"}})
    Image.linear_gradient("L").resize((96, 64)).convert("RGB").save(f"{OUT}/captioned.heic", exif=exif, quality=30,
        xmp='<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">'
            '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Siân Prydderch-Vaughan on the jetty</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'.encode())
    expect("captioned.heic", "Tomos Bevan at the lake, class 4B", "Rhodri Pugh", "A801200001003", "speech therapy on Tuesdays", "Siân Prydderch-Vaughan on the jetty")

# The older encryption of OOXML (MS-OFFCRYPTO 2.3.4.5) and that of PowerPoint (2.3.5), in compound files (MS-CFB).
def compound(streams):
    """Sectors of 512 bytes, every stream at least 4,096 long so that no mini stream is needed."""
    streams = [(n, d + bytes(max(0, 4096 - len(d)))) for n, d in streams]
    sectors, fat, starts = b"", [], []
    def put(data, mark=None):
        nonlocal sectors
        first, count = len(fat), -(-len(data) // 512)
        fat.extend([first + i + 1 for i in range(count - 1)] + [0xfffffffe] if mark is None else [mark] * count)
        sectors += data + bytes(-len(data) % 512); return first
    for _, d in streams: starts.append(put(d))
    def entry(name, kind, child, start, size, left=0xffffffff, right=0xffffffff):
        n = name.encode("utf-16-le") + b"\0\0"
        return n.ljust(64, b"\0") + struct.pack("<HBBIII", len(n), kind, 1, left, right, child) + bytes(36) + struct.pack("<IQ", start, size)
    order = sorted(range(len(streams)), key=lambda i: (len(streams[i][0]), streams[i][0].upper()))
    middle = len(order) // 2
    def tree(list):
        if not list: return 0xffffffff
        m = len(list) // 2; links[list[m]] = (tree(list[:m]), tree(list[m + 1:])); return list[m] + 1
    links = {}; root = tree(order)
    directory = entry("Root Entry", 5, root, 0xfffffffe, 0) + b"".join(entry(n, 2, 0xffffffff, starts[i], len(d), *links[i]) for i, (n, d) in enumerate(streams))
    at = put(directory + bytes(-len(directory) % 512))
    count = next(n for n in range(1, 110) if (len(fat) + n) <= n * 128)
    first = len(fat); fat += [0xfffffffd] * count; fat += [0xffffffff] * (count * 128 - len(fat))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6xIIIIIIIIII", 0x3e, 3, 0xfffe, 9, 6, 0, count, at, 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0, first)
    head += struct.pack("<108I", *[first + i if i < count else 0xffffffff for i in range(1, 109)])
    return head + sectors + struct.pack(f"<{len(fat)}I", *fat)
PROVIDER = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
def standard():
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from msoffcrypto.method.ecma376_standard import ECMA376Standard
    import hashlib, msoffcrypto
    def aes(key, data):
        e = Cipher(algorithms.AES(key), modes.ECB()).encryptor(); return e.update(data + bytes(-len(data) % 16)) + e.finalize()
    for kind, source in (("docx", "pandoc.docx"), ("xlsx", "xlsxwriter.xlsx"), ("pptx", "python.pptx")):
        plain = open(f"{DOCUMENTS}/{source}", "rb").read(); salt, verifier = os.urandom(16), os.urandom(16)
        key = ECMA376Standard.makekey_from_password("sesame", 0x660e, 0x8004, 0x18, 128, len(salt), salt)
        header = struct.pack("<IIIIIIII", 0x24, 0, 0x660e, 0x8004, 128, 0x18, 0, 0) + PROVIDER
        info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + salt + aes(key, verifier)
        info += struct.pack("<I", 20) + aes(key, hashlib.sha1(verifier).digest())
        # The streams are longer than what they say, as writers may leave them.
        write(f"standard-closed.{kind}", compound([("EncryptionInfo", info), ("EncryptedPackage", struct.pack("<Q", len(plain)) + aes(key, plain))]))
        out = io.BytesIO()
        with open(f"{OUT}/standard-closed.{kind}", "rb") as f:
            office = msoffcrypto.OfficeFile(f); office.load_key(password="sesame", verify_password=True); office.decrypt(out)
        assert out.getvalue()[:len(plain)] == plain
    for kind, source in (("xlsx", "xlsxwriter.xlsx"), ("pptx", "python.pptx")):
        with open(f"{DOCUMENTS}/{source}", "rb") as f, open(f"{OUT}/agile-closed.{kind}", "wb") as t: msoffcrypto.OfficeFile(f).encrypt("sesame", t)
def powerpoint():
    """The persist objects of office.ppt encrypted each by its number, with a CryptSession10Container as the last."""
    import hashlib, msoffcrypto, olefile
    from msoffcrypto.method.rc4_cryptoapi import _makekey
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
    from cryptography.hazmat.primitives.ciphers import Cipher
    o = olefile.OleFileIO(f"{OUT}/office.ppt"); stream = bytearray(o.openstream("PowerPoint Document").read()); user = bytearray(o.openstream("Current User").read())
    salt, verifier = os.urandom(16), os.urandom(16)
    def rc4(block): return Cipher(ARC4(_makekey("sesame", salt, 128, block)), None).encryptor()
    edit = struct.unpack_from("<I", user, 16)[0]
    directory = struct.unpack_from("<I", stream, edit + 8 + 12)[0]
    length = struct.unpack_from("<I", stream, directory + 4)[0]; at, ids = directory + 8, {}
    while at < directory + 8 + length:
        first, n = (lambda v: (v & 0xfffff, v >> 20))(struct.unpack_from("<I", stream, at)[0])
        for i in range(n): ids[first + i] = struct.unpack_from("<I", stream, at + 4 + 4 * i)[0]
        at += 4 + 4 * n
    for number, start in ids.items():
        size = 8 + struct.unpack_from("<I", stream, start + 4)[0]
        stream[start:start + size] = rc4(number).update(bytes(stream[start:start + size]))
    header = struct.pack("<IIIIIIII", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0) + PROVIDER
    e = rc4(0); check = e.update(verifier) + struct.pack("<I", 20) + e.update(hashlib.sha1(verifier).digest())
    info = struct.pack("<HHII", 2, 2, 4, len(header)) + header + struct.pack("<I", 16) + salt + check
    session = struct.pack("<HHI", 0x0f, 0x2f14, len(info)) + info
    # Session, a longer directory and the edit that names both follow each other, in place of the old two.
    body = bytes(stream[:directory]); number = max(ids) + 1; entries = {**ids, number: len(body)}
    table = struct.pack("<I", min(entries) | len(entries) << 20) + b"".join(struct.pack("<I", entries[i]) for i in sorted(entries))
    old = bytes(stream[edit + 8:edit + 8 + struct.unpack_from("<I", stream, edit + 4)[0]])
    new_directory = len(body) + len(session); new_edit = new_directory + 8 + len(table)
    atom = old[:8] + struct.pack("<II", 0, new_directory) + old[16:20] + struct.pack("<I", number + 1) + old[24:28] + struct.pack("<I", number)
    body += session + struct.pack("<HHI", 0, 0x1772, len(table)) + table + struct.pack("<HHI", 0, 0x0ff5, len(atom)) + atom
    user[12:20] = struct.pack("<II", 0xf3d1c4df, new_edit)
    write("rc4-closed.ppt", compound([("PowerPoint Document", body), ("Current User", bytes(user))]))
    with open(f"{OUT}/rc4-closed.ppt", "rb") as f:
        office = msoffcrypto.OfficeFile(f); assert office.is_encrypted(); office.load_key(password="sesame")

# Letters that gpg and openssl sign or close: whole messages, as they come through the door.
def letters():
    head = "From: Rhodri Pugh <r.pugh@oakfield.example>\r\nTo: office@partner.example\r\nSubject: Register\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    entity = ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "\r\n".join(TEXT) + "\r\n").encode()
    with tempfile.TemporaryDirectory() as home:
        g = ["gpg", "--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always"]
        run(*g, "--quick-generate-key", "Rhodri Pugh <r.pugh@oakfield.example>", "default", "default", "never")
        me = ["-u", "r.pugh@oakfield.example", "-r", "r.pugh@oakfield.example"]
        gpg = lambda data, *a: run(*g, *me, *a, input=data).stdout.decode().replace("\n", "\r\n")
        text = "\r\n".join(TEXT).encode()
        plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        def mime(kind, protocol, *parts): return f"Content-Type: multipart/{kind}; protocol=\"application/{protocol}\"; boundary=edge\r\n\r\n" + "".join(f"--edge\r\n{p}\r\n" for p in parts) + "--edge--\r\n"
        closed = gpg(entity, "-ea"); control = "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        octets = "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"
        letter = lambda name, body, *words: (write(name, (head + body).encode()), words and expect(name, "Register", "Rhodri Pugh", *words))
        letter("pgp-mime-closed.eml", mime("encrypted", "pgp-encrypted", control, octets + closed))
        letter("pgp-mime-signed.eml", mime("signed", "pgp-signature", entity.decode(), "Content-Type: application/pgp-signature\r\n\r\n" + gpg(entity, "-ab")), *TEXT)
        letter("pgp-inline-closed.eml", plain + gpg(text, "-ea"))
        letter("pgp-inline-clear-signed.eml", plain + gpg(text, "--clearsign"), *TEXT)
        letter("pgp-inline-signed.eml", plain + gpg(text, "-sa"), *TEXT)
        letter("pgp-inline-beside.eml", plain + "Siân Prydderch-Vaughan is moving on 14 March.\r\n\r\n" + gpg(text, "-ea"), "Siân Prydderch-Vaughan is moving on 14 March.")
        letter("pgp-mime-beside.eml", "Content-Type: multipart/mixed; boundary=other\r\n\r\n--other\r\n" + plain + PARAS[1] + "\r\n--other\r\n" + mime("encrypted", "pgp-encrypted", control, octets + closed) + "--other--\r\n", PARAS[1])
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"])
        open(f"{home}/entity", "wb").write(entity)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{home}/k", "-out", f"{home}/c", "-subj", "/CN=Rhodri Pugh")
        signer = ["-signer", f"{home}/c", "-inkey", f"{home}/k"]
        def cms(*a, source="entity"):
            to = [f"{home}/c"] if a[0] == "-encrypt" else []
            out = run("openssl", "cms", *a, "-in", f"{home}/{source}", *to).stdout.decode()
            return out.replace("\r\n", "\n").replace("\n", "\r\n").replace("MIME-Version: 1.0\r\n", "")
        letter("smime-closed.eml", cms("-encrypt", "-aes-256-cbc"))
        letter("smime-closed-gcm.eml", cms("-encrypt", "-aes-256-gcm"))
        letter("smime-signed.eml", cms("-sign", *signer), *TEXT)
        letter("smime-opaque.eml", cms("-sign", "-nodetach", *signer), *TEXT)
        open(f"{home}/signed", "w", newline="").write(cms("-sign", "-nodetach", *signer))
        letter("smime-signed-then-closed.eml", cms("-encrypt", "-aes-256-cbc", source="signed"))
        open(f"{home}/closed", "w", newline="").write(cms("-encrypt", "-aes-256-cbc"))
        letter("smime-closed-then-signed.eml", cms("-sign", *signer, source="closed"))
        letter("smime-closed-then-opaque.eml", cms("-sign", "-nodetach", *signer, source="closed"))
if __name__ == "__main__":
    for p in (by_office, blowfish, rars, xlsb, wrappings, mails, pictures, standard, powerpoint, letters):
        try: p()
        except Exception as fault: print(p.__name__, repr(fault), (getattr(fault, "stderr", b"") or b"")[-300:])
