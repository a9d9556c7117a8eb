#!/usr/bin/env python3
"""How often the shipped rules find something in ordinary mail (docs/detection.md, "False alarms on ordinary mail").

  alarms.py GATEHOUSE FOLDER...

Takes the files of the folders, one message in each, whose SHA-256 begins with a byte of 128 or more: the half that nobody
tunes rules on. Each is scanned as mail from outside to a teacher. Prints for each category how many messages of 1,000 have
a finding of a confidence of 0.5 or more, and how many have one of harm or contact that is high or critical.
"""
import collections, hashlib, sys, tempfile
from pathlib import Path

from gate import Gate

RULES = Path(__file__).resolve().parent.parent / "rulesets"


def kept_aside(folders):
    files = [file for folder in folders for file in sorted(Path(folder).rglob("*")) if file.is_file()]
    return [data for data in (file.read_bytes() for file in files) if hashlib.sha256(data).digest()[0] >= 128]


def main():
    messages = kept_aside(sys.argv[2:])
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(Path(sys.argv[1]).resolve(), Path(folder), RULES)
        mails = Path(folder, "mails")
        mails.mkdir()
        for number, data in enumerate(messages):
            # An mbox is told by its first line, which some collections leave in front of every message.
            start = data.find(b"\n") + 1 if data.startswith(b"From ") else 0
            (mails / f"{number}.eml").write_bytes(data[start:])
        said = gate.scan(mails)
    counts, grave = collections.Counter(), 0
    for line in said.values():
        found = [f for f in line.get("findings", []) if f["confidence"] >= 0.5]
        counts.update({f["category"] for f in found})
        grave += any(f["category"].startswith(("harm.", "contact.")) and f["severity"] in ("high", "critical") for f in found)
    print(f"{len(messages)} messages, {sum('error' in line for line in said.values())} of them not read\n")
    print("| Category | per 1,000 |\n|---|---|")
    for category, count in counts.most_common():
        print(f"| `{category}` | {1000 * count / len(messages):.1f} |")
    print(f"\nHarm or contact, high or critical: {grave} ({100 * grave / len(messages):.1f} %)")


main()
