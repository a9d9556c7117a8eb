#!/usr/bin/env python3
"""A rule file from a list of regular expressions, one to a line, so that Gatehouse can be
measured against other programs that run the same list (docs/performance.md).

  rules_from_patterns.py PATTERNS [TIMES=1] > FOLDER/patterns.toml

Each line becomes a rule of its own, as a school would write it. With TIMES the list stands
so many times over; in each repetition the first word of four letters or more is another,
invented one, so that 500 patterns become 5,000 different ones.
"""
import random, re, sys

RULE = """[[detect]]
id = "load.%05d"
category = "harm.misuse"
area = "conduct"
severity = "low"
confidence = 0.8
reason = "One of the patterns of the measurement."
patterns = ['''%s''']
"""
WORD = re.compile(r"\\.|[a-z]{4,}")


def invented(rng, length):
    letters = ["bcdfghjklmnprstvw", "aeiou"]
    return "".join(rng.choice(letters[i % 2]) for i in range(length))


def main():
    patterns = open(sys.argv[1], encoding="utf-8").read().splitlines()
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng, number = random.Random(1), 0
    for time in range(times):
        for pattern in patterns:
            word = next((m for m in WORD.finditer(pattern) if not m.group().startswith("\\")), None)
            if time and word:
                other = invented(rng, len(word.group()))
                pattern = pattern[: word.start()] + other + pattern[word.end() :]
            print(RULE % (number, pattern))
            number += 1


main()
