#!/usr/bin/env python3
"""Makes the fixtures from invented content: python-docx, openpyxl, python-pptx, reportlab, xlwt, then
LibreOffice and qpdf. Beside each file.ext lies file.ext.txt with the words it must give."""
import os, subprocess, sys, shutil, zipfile, io
OUT = sys.argv[1] if len(sys.argv) > 1 else "fixtures"
os.makedirs(OUT, exist_ok=True)
PARAS = [
 "Pupil register of Oakfield Primary School, class 4B, spring term.",
 "Siân Prydderch-Vaughan was born on 14 March 2016 and lives at 27 Larch Rise, Penbryn, with her grandmother Éabha O’Shaughnessy.",
 "Her unique pupil number is A801200001001; the office file, the traffic plan and the difficult affair of the flag are filed under “waffle”.",
 "Zoë Müller-Åkesson and Łukasz Wiśniewski share a desk — their fees of £42.50 (€49.90) were paid in full…",
 "Contact: m.thistle@oakfield.example, telephone 01632 960 123.",
]
ROWS = [["Name", "Born", "Number", "Note"],
        ["Carol Ng", "2015-09-03", "A801200001002", "peanut allergy"],
        ["Tomos Bevan", "2016-01-22", "A801200001003", "speech therapy on Tuesdays"],
        ["Nia Flynn-Adeyemi", "2015-11-30", "A801200001004", "free school meals"]]
HEAD, FOOT = "Confidential headteacher copy", "Footer printed by bursar"
def expect(name, *texts):
    open(f"{OUT}/{name}.txt", "w").write("\n".join(texts) + "\n")
def cells(rows): return [" ".join(r) for r in rows]
def docx():
    import docx
    d = docx.Document()
    d.core_properties.author = "Meredith Thistlewood"; d.core_properties.title = "Register draft"; d.core_properties.comments = "metadata remark"
    d.sections[0].header.paragraphs[0].text = HEAD
    d.sections[0].footer.paragraphs[0].text = FOOT
    d.add_heading("Spring register", 1)
    for p in PARAS: d.add_paragraph(p)
    t = d.add_table(rows=0, cols=4)
    for r in ROWS:
        c = t.add_row().cells
        for i, x in enumerate(r): c[i].text = x
    h = d.add_paragraph().add_run("vanished secret sentence"); h.font.hidden = True
    w = d.add_paragraph().add_run("whitened paragraph words"); w.font.color.rgb = docx.shared.RGBColor(255, 255, 255)
    try: d.add_comment(d.paragraphs[2].runs, text="Please check the grandmother address", author="Rhodri Pugh", initials="RP")
    except Exception as e: print("comment", e)
    d.save(f"{OUT}/python.docx")
    expect("python.docx", "Meredith Thistlewood", "Register draft", "metadata remark", HEAD, FOOT, "Spring register", *PARAS, *cells(ROWS), "vanished secret sentence", "whitened paragraph words", "Please check the grandmother address", "Rhodri Pugh")
def xlsx():
    import openpyxl, datetime
    from openpyxl.comments import Comment
    w = openpyxl.Workbook(); s = w.active; s.title = "Y9 register"
    for r in ROWS: s.append(r)
    s["B2"] = datetime.date(2015, 9, 3); s["F7"] = 1234.5; s["F8"] = True; s["F9"] = "=SUM(F7,1)"
    s["A2"].comment = Comment("mother works nights", "Rhodri Pugh")
    s["A6"] = "hidden row entry"; s.row_dimensions[6].hidden = True
    s["H1"] = "hidden column entry"; s.column_dimensions["H"].hidden = True
    s["XFD1048576"] = "farthest corner"
    s.oddHeader.center.text = HEAD
    h = w.create_sheet("Secrets"); h.sheet_state = "hidden"; h["C3"] = "tucked away value"
    v = w.create_sheet("Deeper"); v.sheet_state = "veryHidden"; v["A1"] = "very hidden value"
    from openpyxl.workbook.defined_name import DefinedName
    w.defined_names["bursar_rate"] = DefinedName("bursar_rate", attr_text="'Y9 register'!$F$7")
    s["A8"] = "open the portal"; s["A8"].hyperlink = "https://portal.example/login"
    w.save(f"{OUT}/openpyxl.xlsx")
    expect("openpyxl.xlsx", "Y9 register", "Secrets", "Deeper", *cells(ROWS), "1234.5", "mother works nights", "hidden row entry", "hidden column entry", "farthest corner", HEAD, "tucked away value", "very hidden value", "bursar_rate", "open the portal", "https://portal.example/login")
def pptx():
    import pptx
    p = pptx.Presentation(); s = p.slides.add_slide(p.slide_layouts[1])
    s.shapes.title.text = "Spring register"; s.placeholders[1].text = "\n".join(PARAS)
    s.notes_slide.notes_text_frame.text = "speaker remembers the ambulance"
    s = p.slides.add_slide(p.slide_layouts[5]); s.shapes.title.text = "Table of pupils"
    t = s.shapes.add_table(4, 4, 0, 0, 9000000, 3000000).table
    for i, r in enumerate(ROWS):
        for j, x in enumerate(r): t.cell(i, j).text = x
    s = p.slides.add_slide(p.slide_layouts[5]); s.shapes.title.text = "Concealed slide title"; s._element.set("show", "0")
    p.save(f"{OUT}/python.pptx")
    expect("python.pptx", "Spring register", *PARAS, "speaker remembers the ambulance", "Table of pupils", *cells(ROWS), "Concealed slide title")
def xls():
    import xlwt
    w = xlwt.Workbook(); s = w.add_sheet("Y9 register")
    for i, r in enumerate(ROWS):
        for j, x in enumerate(r): s.write(i, j, x)
    s.write(6, 5, 1234.5); s.write(7, 0, "Łukasz Wiśniewski"); s.write(8, 1, "x" * 40); h = w.add_sheet("Secrets"); h.visibility = 1; h.write(2, 2, "tucked away value")
    w.save(f"{OUT}/xlwt.xls")
    expect("xlwt.xls", "Y9 register Secrets", *cells(ROWS), "1234.5", "Łukasz Wiśniewski", "tucked away value")
def pdf():
    from reportlab.pdfgen import canvas
    from reportlab.platypus import SimpleDocTemplate, Paragraph, Table, TableStyle
    from reportlab.lib.styles import getSampleStyleSheet
    st = getSampleStyleSheet()["Normal"]
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    f = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("Own", f)); st.fontName = "Own"
    b = f"{OUT}/platypus.pdf"
    SimpleDocTemplate(b, title="Register draft", author="Meredith Thistlewood").build([Paragraph(x, st) for x in PARAS] + [Table(ROWS)])
    expect("platypus.pdf", *PARAS, *cells(ROWS), "Register draft", "Meredith Thistlewood")
    c = canvas.Canvas(f"{OUT}/canvas.pdf", invariant=1, pageCompression=0)
    c.drawString(72, 760, "Visible line about Carol Ng"); c.setFillColorRGB(1, 1, 1); c.drawString(72, 740, "whitened words"); c.setFillColorRGB(0, 0, 0)
    c.rect(60, 690, 300, 40, fill=1); c.setFillColorRGB(1, 1, 1); c.drawString(72, 700, "white upon black"); c.setFillColorRGB(0, 0, 0)
    t = c.beginText(72, 660); t.setTextRenderMode(3); t.textLine("invisible rendering"); t.setTextRenderMode(0); c.drawText(t)
    c.drawString(72, 640, "redacted number A801200001005"); c.rect(60, 632, 300, 20, fill=1)
    c.setFont("Helvetica", 0.5); c.drawString(72, 600, "tiny words"); c.setFont("Helvetica", 12); c.drawString(900, 600, "beyond the page")
    c.saveState(); c.translate(300, 300); c.rotate(90); c.drawString(0, 0, "turned sideways"); c.restoreState()
    c.linkURL("https://portal.example/login", (72, 500, 200, 520)); c.textAnnotation("sticky remark by Rhodri", (72, 400, 100, 420))
    c.acroForm.textfield(name="pupil", value="Tomos Bevan", x=72, y=300, width=200, height=20)
    c.bookmarkPage("a"); c.addOutlineEntry("Chapter of pupils", "a"); c.showPage(); c.save()
    expect("canvas.pdf", "Visible line about Carol Ng", "whitened words", "white upon black", "invisible rendering", "redacted number A801200001005", "tiny words", "beyond the page", "turned sideways", "https://portal.example/login", "sticky remark by Rhodri", "pupil Tomos Bevan", "Chapter of pupils")
    q = lambda *a: subprocess.run(["qpdf", *a], check=False)
    for n, a in {"owner-rc4": ["--allow-weak-crypto", "--encrypt", "", "boss", "128", "--use-aes=n", "--print=none", "--"], "owner-rc40": ["--allow-weak-crypto", "--encrypt", "", "boss", "40", "--"],
                 "owner-aes128": ["--allow-weak-crypto", "--encrypt", "", "boss", "128", "--use-aes=y", "--"], "owner-aes256": ["--encrypt", "", "boss", "256", "--"], "objects": ["--object-streams=generate"],
                 "owner-objects": ["--object-streams=generate", "--encrypt", "", "boss", "256", "--"], "linear": ["--linearize"]}.items():
        q(f"{OUT}/canvas.pdf", *a, f"{OUT}/{n}.pdf"); shutil.copy(f"{OUT}/canvas.pdf.txt", f"{OUT}/{n}.pdf.txt")
    q("--encrypt", "sesame", "boss", "256", "--", f"{OUT}/canvas.pdf", f"{OUT}/locked.pdf")
    open("/tmp/att.txt", "w").write("attached words"); q(f"{OUT}/canvas.pdf", "--add-attachment", f"{OUT}/xlwt.xls", "--", f"{OUT}/attached.pdf")
    expect("attached.pdf", open(f"{OUT}/canvas.pdf.txt").read(), open(f"{OUT}/xlwt.xls.txt").read(), "xlwt.xls")
    d = open(f"{OUT}/canvas.pdf", "rb").read(); i = d.rindex(b"xref\n", 0, d.rindex(b"startxref")); open(f"{OUT}/noxref.pdf", "wb").write(d[:i]); shutil.copy(f"{OUT}/canvas.pdf.txt", f"{OUT}/noxref.pdf.txt")
def office(source, targets):
    for t, filt in targets:
        subprocess.run(["soffice", "--headless", "--convert-to", f"{t}:{filt}" if filt else t, "--outdir", "/tmp/lo", source], check=False, capture_output=True)
        base = os.path.splitext(os.path.basename(source))[0]; got = f"/tmp/lo/{base}.{t}"
        if not os.path.exists(got): print("none", got); continue
        shutil.copy(got, f"{OUT}/lo-{base}.{t}"); 
        said = open(f"{source}.txt").read()
        # A sheet of the old format ends at IV65536.
        open(f"{OUT}/lo-{base}.{t}.txt", "w").write(said.replace("farthest corner\n", "") if t == "xls" else said)
if __name__ == "__main__":
    docx(); xlsx(); pptx(); xls(); pdf()
    if "--office" in sys.argv:
        office(f"{OUT}/python.docx", [("odt", ""), ("doc", ""), ("fodt", ""), ("pdf", ""), ("docx", "MS Word 2007 XML")])
        office(f"{OUT}/openpyxl.xlsx", [("ods", ""), ("xls", ""), ("fods", ""), ("xlsx", "")])
        office(f"{OUT}/python.pptx", [("odp", ""), ("ppt", ""), ("pptx", ""), ("pdf", ""), ("fodp", "")])
