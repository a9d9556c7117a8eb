#!/usr/bin/env python3
"""Copies the documents of a folder with the words that another program reads in each beside it, so that

    scripts/words-of-files.py FROM TO
    FIXTURES=TO cargo test --lib every_fixture -- --nocapture

says, for each file and each kind, how many of these words Gatehouse reads. Readers: antiword, catppt (Debian's antiword,
catdoc), pdftotext (poppler-utils), pandoc, and from PyPI python-docx, openpyxl, xlrd, pyxlsb, python-pptx, odfpy,
extract-msg. What the other program cannot read is left out and counted; so are copies of the same file. Texts only: numbers
and dates in cells are written by each program as it likes."""
import collections, hashlib, io, logging, os, shutil, subprocess, sys, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


def run(*command):
    ended = subprocess.run(command, capture_output=True, timeout=60)
    if ended.returncode:
        raise ValueError(f"exit {ended.returncode}")
    return ended.stdout.decode("utf-8", "replace")


def docx(path):
    import docx as library
    document = library.Document(path)
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    lines = []
    for paragraph in document.element.body.iter(w + "p"):
        parts = paragraph.iter(w + "t", w + "tab", w + "br")
        lines.append("".join((part.text or "") if part.tag == w + "t" else " " for part in parts))
    for section in document.sections:
        for margin in (section.header, section.footer):
            lines += [paragraph.text for paragraph in margin.paragraphs]
    return lines


def xlsx(path):
    import openpyxl
    book = openpyxl.load_workbook(path, data_only=True)
    return [c.value for sheet in book.worksheets for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]


def xls(path):
    import xlrd
    book = xlrd.open_workbook(path, logfile=io.StringIO())
    cells = [c.value for sheet in book.sheets() for row in range(sheet.nrows) for c in sheet.row(row) if c.ctype == 1]
    return book.sheet_names() + cells


def xlsb(path):
    import pyxlsb
    with pyxlsb.open_workbook(path) as book:
        rows = (row for name in book.sheets for row in book.get_sheet(name).rows())
        return [c.v for row in rows for c in row if isinstance(c.v, str)]


def pptx(path):
    import pptx as library
    lines = []

    def shape(one):
        if one.has_text_frame:
            lines.append(one.text_frame.text)
        if getattr(one, "has_table", False) and one.has_table:
            lines.extend(cell.text_frame.text for row in one.table.rows for cell in row.cells)
        for inner in getattr(one, "shapes", []):
            shape(inner)

    for slide in library.Presentation(path).slides:
        for one in slide.shapes:
            shape(one)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame:
            lines.append(slide.notes_slide.notes_text_frame.text)
    return lines


def odf(path):
    from odf import opendocument, teletype, text
    document = opendocument.load(path)
    return [teletype.extractText(e) for kind in (text.P, text.H) for e in document.getElementsByType(kind)]


def msg(path):
    import extract_msg
    with extract_msg.openMsg(path) as mail:
        names = [getattr(a, "longFilename", None) or getattr(a, "shortFilename", None) for a in mail.attachments]
        return [str(text) for text in (mail.subject, getattr(mail, "sender", None), mail.body, *names) if text]


READERS = {
    "docx": docx, "docm": docx, "dotx": docx, "xlsx": xlsx, "xlsm": xlsx, "xls": xls, "xlt": xls, "xlsb": xlsb,
    "pptx": pptx, "ppsx": pptx, "odt": odf, "ods": odf, "odp": odf, "msg": msg,
    "doc": lambda path: [run("antiword", "-m", "UTF-8.txt", "-w", "0", path)],
    "ppt": lambda path: [run("catppt", "-d", "utf-8", path)], "pps": lambda path: [run("catppt", "-d", "utf-8", path)],
    "pdf": lambda path: [run("pdftotext", "-enc", "UTF-8", path, "-")],
    "rtf": lambda path: [run("pandoc", "-f", "rtf", "-t", "plain", "--wrap=none", path)],
}


def main(source, target):
    os.makedirs(target, exist_ok=True)
    seen, count, failed = set(), collections.Counter(), collections.Counter()
    for folder, _, names in sorted(os.walk(source)):
        for name in sorted(names):
            path, kind = os.path.join(folder, name), name.rsplit(".", 1)[-1].lower()
            if kind not in READERS or name.startswith("._") or os.path.getsize(path) > 8 << 20:
                continue
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).digest()
            if digest in seen:
                continue
            seen.add(digest)
            try:
                lines = READERS[kind](path)
            except Exception:
                failed[kind] += 1
                continue
            count[kind] += 1
            copy = os.path.join(target, f"{count[kind]:04}-{name.rsplit('.', 1)[0][:60]}.{kind}")
            shutil.copy(path, copy)
            with open(copy + ".txt", "w", errors="replace") as file:
                file.write("\n".join(lines))
    for kind in sorted(count):
        print(f"{kind}: {count[kind]} files, {failed[kind]} that the other program cannot read")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
