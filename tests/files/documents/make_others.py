#!/usr/bin/env python3
"""More fixtures of the content of make.py, by other programs, and the same kept closed: `make_others.py FOLDER`.
XlsxWriter, pandoc, gnumeric's ssconvert, fpdf2, WeasyPrint, Ghostscript, LibreOffice (by python3-uno, for passwords),
qpdf, msoffcrypto-tool, gpg, openssl. Beside each file.ext lies file.ext.txt; what a password keeps closed has none."""
import os, shutil, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
OUT = sys.argv[1]
sys.argv[1:] = [OUT]
import make
from make import PARAS, ROWS, cells, expect
make.OUT = OUT
TEXT = ["Spring register", *PARAS, *cells(ROWS)]
ASCII = [p.encode("latin-1", "ignore").decode("latin-1") for p in PARAS]
def run(*a, **k): return subprocess.run(a, check=True, capture_output=True, **k)
def markdown():
    lines = ["# Spring register", ""] + [p + "\n" for p in PARAS] + ["|" + "|".join(r) + "|" for r in ROWS]
    lines.insert(-3, "|---|---|---|---|")
    return "\n".join(lines) + "\n"
def pandoc():
    for kind in ("docx", "odt", "rtf", "html", "epub", "pptx", "ipynb", "fb2"):
        name = f"pandoc.{kind}"
        run("pandoc", "-s", "-f", "markdown", "-M", "title=Spring register", "-o", f"{OUT}/{name}", input=markdown().encode())
        expect(name, *TEXT)
def spreadsheets():
    import csv, xlsxwriter
    w = xlsxwriter.Workbook(f"{OUT}/xlsxwriter.xlsx"); s = w.add_worksheet("Y9 register")
    for i, r in enumerate(ROWS): s.write_row(i, 0, r)
    s.write_rich_string(6, 0, "rich ", w.add_format({"bold": True}), "Łukasz Wiśniewski"); s.write_comment(1, 0, "mother works nights")
    s.insert_textbox(9, 0, "boxed reminder"); s.set_column(5, 5, None, None, {"hidden": 1}); s.write(0, 5, "hidden column entry"); w.close()
    expect("xlsxwriter.xlsx", "Y9 register", *cells(ROWS), "rich Łukasz Wiśniewski", "mother works nights", "boxed reminder", "hidden column entry")
    with open(f"{OUT}/rows.csv", "w", newline="") as f: csv.writer(f).writerows(ROWS)
    expect("rows.csv", *cells(ROWS))
    for kind in ("xlsx", "xls", "ods"):
        export = {"xls": "Gnumeric_Excel:excel_biff8", "xlsx": "Gnumeric_Excel:xlsx", "ods": "Gnumeric_OpenCalc:odf"}[kind]
        run("ssconvert", "-T", export, f"{OUT}/rows.csv", f"{OUT}/gnumeric.{kind}")
        expect(f"gnumeric.{kind}", *cells(ROWS))
    run("ssconvert", "-T", "Gnumeric_Excel:excel_biff7", f"{OUT}/rows.csv", f"{OUT}/gnumeric-95.xls"); expect("gnumeric-95.xls", *cells(ROWS))
    text = "\ufeff" + "\r\n".join(";".join(r) for r in ROWS)
    for name, coding in (("semicolons-utf16.csv", "utf-16-le"), ("semicolons-utf8.csv", "utf-8")):
        open(f"{OUT}/{name}", "wb").write(text.encode(coding)); expect(name, *cells(ROWS))
    for name, coding in (("welsh-utf16-no-mark.txt", "utf-16-be"), ("welsh-mac.txt", "mac-roman"), ("welsh-1252.txt", "cp1252")):
        open(f"{OUT}/{name}", "wb").write(("\r\n".join([ASCII[0], ASCII[1], *cells(ROWS)])).encode(coding, "ignore"))
        expect(name, ASCII[0], ASCII[1], *cells(ROWS))
def pdfs():
    from fpdf import FPDF
    p = FPDF(); p.add_page(); p.set_font("Helvetica", size=11)
    for t in ASCII: p.multi_cell(0, 6, t.encode("latin-1", "ignore").decode("latin-1"), new_x="LMARGIN", new_y="NEXT")
    with p.table() as table:
        for r in ROWS:
            row = table.row()
            for c in r: row.cell(c)
    p.output(f"{OUT}/fpdf2.pdf"); expect("fpdf2.pdf", *ASCII, *cells(ROWS))
    import weasyprint
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in ROWS)
    weasyprint.HTML(string="<h1>Spring register</h1>" + "".join(f"<p>{p}</p>" for p in PARAS) + f"<table>{rows}</table>").write_pdf(f"{OUT}/weasyprint.pdf")
    expect("weasyprint.pdf", *TEXT)
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", f"-sOutputFile={OUT}/ghostscript.pdf", f"{OUT}/fpdf2.pdf"); expect("ghostscript.pdf", *ASCII, *cells(ROWS))
    q = lambda name, *a: subprocess.run(["qpdf", "--allow-weak-crypto", "--encrypt", *a, "--", f"{OUT}/fpdf2.pdf", f"{OUT}/{name}"], check=True)
    said = open(f"{OUT}/fpdf2.pdf.txt").read().splitlines()
    for who, user in (("open", "sesame"), ("owner", "")):
        for n, a in {"rc4-40": ["40"], "rc4-128": ["128", "--use-aes=n"], "aes-128": ["128", "--use-aes=y"], "aes-256-r5": ["256", "--force-R5"], "aes-256": ["256"], "aes-128-clear-metadata": ["128", "--use-aes=y", "--cleartext-metadata"]}.items():
            name = f"{who}-{n}.pdf"; q(name, user, "boss", *a)
            if who == "owner": expect(name, *said)
    # An empty owner's password opens a file as well, whatever the user's is.
    for n, a in {"aes-256-r5": ["256", "--force-R5"], "aes-256": ["256"]}.items():
        q(f"owner-empty-{n}.pdf", "sesame", "", *a, "--allow-insecure"); expect(f"owner-empty-{n}.pdf", *said)
OFFICE = """
import sys, time, uno
from com.sun.star.beans import PropertyValue
def value(n, v): p = PropertyValue(); p.Name, p.Value = n, v; return p
c = uno.getComponentContext(); r = c.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", c)
for _ in range(120):
    try: o = r.resolve("uno:pipe,name=fixtures;urp;StarOffice.ComponentContext"); break
    except Exception: time.sleep(0.5)
d = o.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", o)
for line in sys.stdin.read().splitlines():
    source, target, filt, password = line.split("|")
    doc = d.loadComponentFromURL("file://" + source, "_blank", 0, (value("Hidden", True),))
    doc.storeToURL("file://" + target, (value("FilterName", filt),) + ((value("Password", password),) if password else ()))
    doc.close(True)
d.terminate()
"""
def office():
    jobs = []
    texts = {"odt": "writer8", "docx": "MS Word 2007 XML", "doc": "MS Word 97", "rtf": "Rich Text Format", "pdf": "writer_pdf_Export"}
    sheets = {"ods": "calc8", "xlsx": "Calc MS Excel 2007 XML", "xls": "MS Excel 97"}
    slides = {"odp": "impress8", "pptx": "Impress MS PowerPoint 2007 XML", "ppt": "MS PowerPoint 97"}
    for source, kinds in (("pandoc.odt", texts), ("gnumeric.ods", sheets), ("pandoc.pptx", slides)):
        for kind, filt in kinds.items():
            jobs.append(f"{OUT}/{source}|{OUT}/office.{kind}|{filt}|")
            if kind not in ("rtf", "pdf", "ppt"): jobs.append(f"{OUT}/{source}|{OUT}/office-closed.{kind}|{filt}|sesame")
            expect(f"office.{kind}", *(cells(ROWS) if source == "gnumeric.ods" else TEXT))
    with tempfile.TemporaryDirectory() as home:
        o = subprocess.Popen(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{home}", "--accept=pipe,name=fixtures;urp;"])
        subprocess.run(["/usr/bin/python3", "-c", OFFICE], input="\n".join(jobs).encode(), check=True); o.wait(60)
def closed():
    import msoffcrypto
    for kind in ("docx", "xlsx", "pptx"):
        source = {"docx": "pandoc.docx", "xlsx": "xlsxwriter.xlsx", "pptx": "pandoc.pptx"}[kind]
        with open(f"{OUT}/{source}", "rb") as f, open(f"{OUT}/agile-closed.{kind}", "wb") as t: msoffcrypto.OfficeFile(f).encrypt("sesame", t)
    with tempfile.TemporaryDirectory() as home:
        plain = f"{home}/note.txt"; open(plain, "w").write("\n".join(TEXT))
        entity = f"{home}/entity.txt"; open(entity, "w", newline="").write("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "\r\n".join(TEXT))
        g = ["gpg", "--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "sesame"]
        run(*g, "-o", f"{OUT}/closed.txt.gpg", "-c", plain); run(*g, "-a", "-o", f"{OUT}/closed.txt.asc", "-c", plain)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{home}/k", "-out", f"{home}/c", "-subj", "/CN=Oakfield")
        sign = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-nocerts", "-signer", f"{home}/c", "-inkey", f"{home}/k", "-outform", "DER"]
        run(*sign, "-in", entity, "-out", f"{OUT}/signed.p7m"); run(*sign, "-stream", "-in", entity, "-out", f"{OUT}/signed-open.p7m")
        run(*sign, "-in", f"{OUT}/rows.csv", "-out", f"{OUT}/rows.csv.p7m")
        run("openssl", "cms", "-encrypt", "-binary", "-in", entity, "-outform", "DER", "-out", f"{OUT}/closed.p7m", f"{home}/c")
        expect("signed.p7m", *TEXT); expect("signed-open.p7m", *TEXT); expect("rows.csv.p7m", *cells(ROWS))
        run("7z", "a", "-psesame", "-mhe=on", f"{OUT}/closed-names.7z", plain); run("7z", "a", "-psesame", f"{OUT}/closed.7z", plain)
        run("7z", "a", "-psesame", "-tzip", "-mem=AES256", f"{OUT}/closed-aes.zip", plain); run("zip", "-qjP", "sesame", f"{OUT}/closed.zip", plain)
        shutil.copy(f"{OUT}/open-aes-256.pdf", f"{home}/letter.pdf"); run("zip", "-qj", f"{OUT}/of-closed.zip", f"{home}/letter.pdf")
if __name__ == "__main__":
    for part in (pandoc, spreadsheets, pdfs, office, closed):
        try: part()
        except Exception as fault: print(part.__name__, fault, getattr(fault, "stderr", b"")[-300:])
