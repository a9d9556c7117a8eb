#!/bin/bash
# Makes the fixtures of this folder anew, from invented content only. Needs zip, 7z (p7zip 16), tar, gzip, bzip2, xz, zstd,
# exiftool, LibreOffice, python3 with pillow, pillow-heif, piexif and aspose-email-foss. Run: bash make.sh (in a scratch copy).
set -e
here=$(cd "$(dirname "$0")" && pwd); work=$(mktemp -d); cd "$work"
printf 'Surname,Forename,UPN,Note\nPritchard,Dafydd,A801200001001,"lives with aunt, see file"\nM\xc3\xb4rwen,Si\xc3\xa2n,A801200001002,Free school meals\nOkonjo,Ade,A801200001003,EHCP review on 4 May\n' > register.csv
printf 'Dear Mrs Llewelyn-Test, Dafydd Pritchard (UPN A801200001001) was excluded for two days.\n' > letter.txt
mkdir -p folder; printf 'Canary gog: A801200001004 belongs to Glan Invented.\n' > folder/third.txt
F=$here
find "$F" -type f ! -name make.sh ! -name expected.py ! -name README -delete
zip -q $F/plain.zip register.csv letter.txt folder/third.txt
zip -q -P secret $F/zipcrypto.zip register.csv letter.txt
cp $F/zipcrypto.zip $F/partly.zip; zip -q $F/partly.zip folder/third.txt
7z a -bso0 -tzip -pSecret -mem=AES256 $F/aes.zip register.csv letter.txt
zip -q - - < register.csv > $F/streamed.zip
zip -q -fz $F/zip64.zip register.csv
for m in Deflate64 BZip2 LZMA PPMd; do 7z a -bso0 -tzip -mm=$m $F/zip-${m,,}.zip register.csv letter.txt; done
7z a -bso0 $F/plain.7z register.csv letter.txt folder
7z a -bso0 -pSecret $F/data.7z register.csv letter.txt
7z a -bso0 -pSecret -mhe=on $F/header.7z register.csv letter.txt
7z a -bso0 -pSecret $F/partly.7z register.csv; 7z a -bso0 $F/partly.7z letter.txt
for m in PPMd BZip2; do 7z a -bso0 -m0=$m $F/${m,,}.7z register.csv letter.txt; done
7z a -bso0 -m0=LZMA -mhc=off $F/lzma.7z register.csv letter.txt
7z a -bso0 -m0=Delta -m1=LZMA2 -mf=off $F/delta.7z register.csv
tar cf $F/ustar.tar --format=ustar register.csv letter.txt
L=$(printf 'd%.0s' {1..60})/$(printf 'e%.0s' {1..60})/long-name-of-Dafydd-Pritchard.txt; mkdir -p "$(dirname $L)"; cp letter.txt $L
tar czf $F/gnu.tar.gz --format=gnu register.csv $L
tar cJf $F/pax.tar.xz --format=pax register.csv $L
tar cjf $F/bz.tar.bz2 register.csv; tar c register.csv letter.txt | zstd -q > $F/zstd.tar.zst
gzip -kc register.csv > $F/one.csv.gz; (gzip -kc register.csv; gzip -kc folder/third.txt) > $F/two.gz
(zstd -qc register.csv; zstd -qc folder/third.txt) > $F/two.zst; xz -kc --format=lzma register.csv > $F/one.csv.lzma
(xz -kc register.csv; xz -kc folder/third.txt) > $F/two.xz
(cd $F && zip -q0 inner.zip plain.7z one.csv.gz && zip -q0 nested.zip inner.zip zipcrypto.zip && rm inner.zip)
iconv -t UTF-16 register.csv > $F/utf16.csv; iconv -t ISO-8859-1 register.csv > $F/latin.csv; tr , '\t' < register.csv > $F/tabs.xls
cat > page.html <<'H'
<html><body><h1>Exclusion of Dafydd Pritchard</h1><p>UPN A801200001001 caf&eacute; &#372;yn <a href="https://files.example/plan">plan</a></p><table><tr><td>Si&acirc;n</td><td>A801200001002</td></tr></table></body></html>
H
cp page.html $F/page.doc
soffice --headless --convert-to rtf:"Rich Text Format" --outdir "$work" page.html > /dev/null 2>&1; cp page.rtf $F/writer.rtf
python3 - "$F" <<'P'
import sys, struct
from PIL import Image, PngImagePlugin
import piexif, pillow_heif
from aspose.email_foss.msg.mapi_message import MapiMessage
F = sys.argv[1] + '/'
gps = {1: b"N", 2: ((51, 1), (37, 1), (0, 1)), 3: b"W", 4: ((3, 1), (56, 1), (0, 1))}
ex = piexif.dump({"0th": {0x10e: b"Dafydd Pritchard at camp", 0x13b: b"Ade Okonjo", 0x9c9c: "A801200001001".encode('utf-16le')},
                  "GPS": gps, "Exif": {0x9286: b"ASCII\0\0\0user comment here"}})
im = Image.effect_noise((112, 60), 40).convert('RGB')
im.save(F + 'camera.jpg', exif=ex, comment=b'a JPEG comment of Glan', quality=50)
im.save(F + 'photo.webp', exif=ex)
im.convert('1').save(F + 'photo.tif', description='TIFF of Dafydd')
pi = PngImagePlugin.PngInfo(); pi.add_text('Author', 'Ade Okonjo'); pi.add_text('Comment', 'zipped A801200001002', zip=True); pi.add_itxt('Title', 'Siân at camp', 'en', 'Teitl')
im.convert('L').save(F + 'noted.png', pnginfo=pi, exif=ex)
im.convert('P').save(F + 'noted.gif', comment=b'GIF says A801200001003')
im.resize((90, 30)).convert('L').save(F + 'logo.png')
im.convert('1').save(F + 'plain.bmp')
pillow_heif.register_heif_opener(); im.save(F + 'photo.heic', exif=ex)
jpeg = open(F + 'camera.jpg', 'rb').read()
open(F + 'polyglot.jpg', 'wb').write(jpeg + open(F + 'plain.zip', 'rb').read())
open(F + 'appended.jpg', 'wb').write(jpeg + open(F + 'plain.7z', 'rb').read())
open(F + 'note-behind.png', 'wb').write(open(F + 'logo.png', 'rb').read() + b'Secret note: A801200001003')
raw = lambda rtf: struct.pack('<II4sI', len(rtf) + 12, len(rtf), b'MELA', 0) + rtf
RTF = raw(rb"{\rtf1\ansi\ansicpg1252 RTF body A801200001003 caf\'e9}")
HTML = '<html><body><p>HTML body A801200001002 Siân</p></body></html>'.encode()
m = MapiMessage.create('Exclusion of Dafydd Pritchard', 'Plain body: UPN A801200001001 of Siân.\r\n')
m.add_recipient('head@ysgol.example', display_name='Mrs Llewelyn-Test')
for tag, kind, value in [(0x0C1A, 0x1f, 'Ade Okonjo'), (0x5D01, 0x1f, 'ade@school.example'), (0x0E04, 0x1f, 'Mrs Llewelyn-Test'), (0x1013, 0x102, HTML), (0x3FDE, 3, 65001), (0x1009, 0x102, RTF)]:
    m.set_property(tag, kind, value)
m.add_attachment('register.csv', open('register.csv', 'rb').read(), mime_type='text/csv')
m.add_attachment('zipped.zip', open(F + 'plain.zip', 'rb').read())
i = MapiMessage.create('Inner subject', 'Inner body A801200001004'); i.add_attachment('letter.txt', open('letter.txt', 'rb').read())
m.add_embedded_message_attachment(i, filename='Inner.msg'); m.save(F + 'mail.msg')
c = MapiMessage.create('', 'Contact note', unicode_strings=False); c.set_property(0x3001, 0x1e, 'Glan Invented'); c.set_property(0x3A1C, 0x1e, '01792 000000'); c.save(F + 'narrow.msg')
def attribute(level, id, data): return struct.pack('<BII', level, id, len(data)) + data + struct.pack('<H', sum(data) & 0xffff)
def pad(data): return data + bytes(-len(data) % 4)
def props(*list): return struct.pack('<I', len(list)) + b''.join(struct.pack('<HH', k, t) + (struct.pack('<I', v) if k == 3 else struct.pack('<II', 1, len(v)) + pad(v)) for t, k, v in list)
t = struct.pack('<IH', 0x223E9F78, 1) + attribute(1, 0x00069007, struct.pack('<II', 1252, 0)) + attribute(1, 0x00018004, b'Exclusion of Dafydd Pritchard\0')
t += attribute(1, 0x00069003, props((0x0C1A, 0x1f, 'Ade Okonjo\0'.encode('utf-16le')), (0x1013, 0x102, HTML), (0x3FDE, 3, 65001), (0x1009, 0x102, RTF)))
t += attribute(1, 0x00069004, struct.pack('<I', 1) + props((0x3001, 0x1e, b'Mrs Llewelyn-Test\0'), (0x39fe, 0x1e, b'head@ysgol.example\0')))
t += attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x0006800F, open('register.csv', 'rb').read()) + attribute(2, 0x00018010, b'regist~1.csv\0') + attribute(2, 0x00069005, props((0x3707, 0x1f, 'register.csv\0'.encode('utf-16le'))))
inner = struct.pack('<IH', 0x223E9F78, 1) + attribute(1, 0x00018004, b'Inner subject\0') + attribute(1, 0x0002800C, b'Inner body A801200001004 caf\xe9\0')
iid = bytes.fromhex('0703020000000000c000000000000046')
t += attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00069005, props((0x3701, 13, iid + inner), (0x3707, 0x1f, 'Inner.msg\0'.encode('utf-16le'))))
open(F + 'winmail.dat', 'wb').write(t)
P
exiftool -q -overwrite_original -XMP-dc:Description='Glan Invented on the beach' -IPTC:Caption-Abstract='IPTC caption A801200001004' $F/camera.jpg
cat > $F/event.ics <<'I'
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:Review for Dafydd
  Pritchard
DESCRIPTION:UPN A80120
 0001001\nSecond line
ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=note.txt:Q2FuYXJ5IEE4MDEyMDAwMDEwMDQ=
END:VEVENT
END:VCALENDAR
I
printf 'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=F4rwen;Si=E2n\r\nNOTE;ENCODING=QUOTED-PRINTABLE:A8012000=\r\n01002\r\nEND:VCARD\r\n' > $F/old.vcf
printf 'From a@b.example Mon Jan  1 00:00:00 2024\nFrom: Ade <a@b.example>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: First\n\nA801200001001\n\nFrom a@b.example Mon Jan  1 00:00:01 2024\nFrom: Ade <a@b.example>\nDate: Mon, 1 Jan 2024 00:00:01 +0000\nSubject: Second\n\nA801200001002\n' > $F/two.mbox
printf '<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><text>Dafydd A801200001001</text><image href="data:image/png;base64,%s"/></svg>' "$(base64 -w0 $F/logo.png)" > $F/drawing.svg
python3 "$F/expected.py" "$F"; rm -rf "$work"
