#!/usr/bin/env python3
"""Whether what Gatehouse calls protected is what other programs call so (docs/files.md, "How much of it is read").

  protection.py GATEHOUSE PATH...

Goes through files and folders, each content once and up to 8 MB. A mail (.eml) is scanned as it is, any other file as the
only content of a mail. Beside what `GATEHOUSE scan` says stands the opinion of a program that has nothing to do with it:

  flags of Python's zipfile (zip), 7z (7z, rar, odd zips), the manifest (OpenDocument), msoffcrypto (Office; from PyPI:
  msoffcrypto-tool), qpdf --requires-password (PDF), gpg --list-packets (OpenPGP), openssl cms (S/MIME), Python's email

A zip or mail is protected when everything in it is, so that what lies in one is asked about too. A document that opens
with the password that Excel uses by itself is not. What no installed program has an opinion of is counted as "not known".

Prints a table of kinds as markdown; each file of which the two say different things, or of which only Gatehouse says
that it is protected, with what Gatehouse found there; and what the others cannot read.
"""
import base64, collections, email, hashlib, io, subprocess, sys, tempfile, zipfile
from pathlib import Path

from gate import Gate

try:
    import msoffcrypto
except ImportError:
    msoffcrypto = None

MOST, DEEPEST = 8 << 20, 5
OF_EXCEL = "VelvetSweatshop"


class Unknown(Exception):
    """No program that is here can say."""


def run(*command):
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as why:
        raise Unknown(str(why))
    return said.returncode, (said.stdout + said.stderr).decode(errors="replace")


def stored(data, ask):
    """What `ask` says of a file with these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file")
        file.write_bytes(data)
        return ask(file, Path(folder))


def archive(data):
    """By 7z: whether all members, or their names already, need a password."""
    status, said = stored(data, lambda file, _: run("7z", "l", "-slt", "-p", file))
    if "Wrong password" in said or "encrypted archive" in said:
        return True
    records = [record.splitlines() for record in said.partition("\n----------\n")[2].split("\n\n")]
    files = [record for record in records if "Folder = +" not in record and any(line.startswith("Path = ") for line in record)]
    if status or not files:
        raise Unknown("7z cannot list it")
    return all("Encrypted = +" in record for record in files)


def pdf(data):
    status, said = stored(data, lambda file, _: run("qpdf", "--requires-password", file))
    # 0: a password is needed; 2: not encrypted, or with a key that qpdf does not know; 3: encrypted, and opens without one.
    if status not in (0, 2, 3) or "unsupported encryption" in said:
        raise Unknown("qpdf cannot read it")
    return status == 0


def office(data):
    try:
        document = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not document.is_encrypted():
            return False
    except Exception as why:  # it is meant for whole files and documents no exception
        raise Unknown(str(why))
    try:
        document.load_key(password=OF_EXCEL)
        document.decrypt(io.BytesIO())
        return False
    except Exception:
        return True


def zipped(data, depth):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            if "META-INF/manifest.xml" in names and "mimetype" in names:
                return b"encryption-data" in package.read("META-INF/manifest.xml")
            if "[Content_Types].xml" in names:
                return False
            members = [m for m in package.infolist() if not m.is_dir()]
            open_ones = [m for m in members if not m.flag_bits & 1]
            if sum(m.file_size for m in members) > 10 * MOST:
                raise Unknown("too large to be unpacked here")
            return bool(members) and all(judged(m.filename, package.read(m), depth + 1)[1] for m in open_ones)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return archive(data)


def openpgp(data):
    def ask(file, folder):
        return run("gpg", "--batch", "--homedir", folder, "--pinentry-mode", "cancel", "--list-packets", file)[1]

    said = stored(data, ask)
    if "# off=" not in said:
        raise Unknown("gpg sees no packets")
    return "encrypted data packet" in said or ":symkey enc" in said or ":pubkey enc" in said


def cms(data):
    for form in ("DER", "PEM", "SMIME"):
        status, said = stored(data, lambda file, _: run("openssl", "cms", "-cmsout", "-print", "-inform", form, "-in", file))
        if status == 0:
            return "nvelopedData" in said.split("\n")[1]
    raise Unknown("openssl cannot read it")


def mail(data, depth):
    """A part called PGP/MIME is only so if its second part is encrypted."""
    def verdicts(part):
        content, kind = part.get_payload(decode=True), part.get_content_type()
        if kind == "multipart/encrypted" and len(part.get_payload()) == 2:
            yield openpgp(part.get_payload(1).get_payload(decode=True) or b"")
        elif part.is_multipart():
            for inner in part.get_payload():
                yield from verdicts(inner)
        elif content and content.strip():
            name = "smime.p7m" if kind.endswith("pkcs7-mime") else part.get_filename() or ""
            yield judged(name, content, depth + 1)[1]

    all_of_it = list(verdicts(email.message_from_bytes(data)))
    return bool(all_of_it) and all(all_of_it)


def judged(name, data, depth=0):
    """Its kind, and whether the others say that it needs a password or key."""
    ending, start = name.lower().rpartition(".")[2], data[:1024].lstrip()
    if depth > DEEPEST:
        raise Unknown("too deep")
    if data.startswith(b"PK\3\4"):
        return ("zip and packages", zipped(data, depth))
    if data.startswith((b"7z\xbc\xaf\x27\x1c", b"Rar!")):
        return ("7z, rar", archive(data))
    if b"%PDF-" in data[:1024]:
        return ("PDF", pdf(data))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return ("Office, older or closed", office(data) if ending != "msg" else False)
    if ending in ("gpg", "pgp", "asc") or start.startswith(b"-----BEGIN PGP MESSAGE"):
        return ("OpenPGP", openpgp(data))
    if ending == "p7m":
        return ("S/MIME", cms(data))
    if ending == "eml":
        return ("mail", mail(data, depth))
    return ("others", False)


def by_others(path, data):
    """The same, and why nobody knows."""
    try:
        return (*judged(path.name, data), None)
    except Unknown as why:
        return "not known", None, str(why)


def contents(paths):
    """Every file once."""
    seen = set()
    for path in map(Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and 0 < file.stat().st_size <= MOST:
                data = file.read_bytes()
                if (digest := hashlib.sha256(data).digest()) not in seen:
                    seen.add(digest)
                    yield file, data


def as_mail(path, data):
    if path.suffix == ".eml":
        return data
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in path.name)
    header = (f"From: someone@chat.example\nTo: g.okafor@oakfield.example\nSubject: file\nMIME-Version: 1.0\n"
              f"Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"{name}\"\n"
              f"Content-Transfer-Encoding: base64\n\n")
    return header.encode() + base64.encodebytes(data)


def scanned(gatehouse, files):
    """By number: what it calls the protection, and what it found."""
    with tempfile.TemporaryDirectory() as folder:
        gate, mails = Gate(gatehouse, Path(folder)), Path(folder, "mails")
        mails.mkdir()
        for number, (path, data) in enumerate(files):
            (mails / f"{number}.eml").write_bytes(as_mail(path, data))
        said = gate.scan(mails)
    return {number: (line["protection"], [f["excerpt"] for f in line["findings"] if f["category"].startswith("file.")])
            for number, line in said.items() if "error" not in line}


def main():
    files = list(contents(sys.argv[2:]))
    others = [by_others(path, data) for path, data in files]
    ours = scanned(Path(sys.argv[1]).resolve(), files)
    counts, differing = collections.defaultdict(collections.Counter), []
    unknown = [f"{path}: {why}" for (path, _), (_, _, why) in zip(files, others) if why]
    for number, ((path, _), (kind, theirs, _)) in enumerate(zip(files, others)):
        protection, found = ours.get(number, (None, ["not read as mail"]))
        closed = protection not in (None, "none")
        counts[kind].update(files=1, theirs=int(bool(theirs)), ours=int(closed))
        if closed != bool(theirs):
            say = {True: "protected", False: "open", None: "not known"}[theirs]
            differing.append(f"{path}: gatehouse {protection}, others {say}; {'; '.join(found) or 'nothing found'}")
    print("| Kind | Files | Protected, others say | Gatehouse says |\n|---|---|---|---|")
    for kind, of in sorted(counts.items()):
        print(f"| {kind} | {of['files']} | {of['theirs']} | {of['ours']} |")
    total = sum(counts.values(), collections.Counter())
    print(f"| all | {total['files']} | {total['theirs']} | {total['ours']} |")
    print(f"\nDifferences: {len(differing)}", *differing, sep="\n")
    print(f"\nNot known: {len(unknown)}", *unknown, sep="\n")


main()
