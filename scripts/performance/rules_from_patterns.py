#!/usr/bin/env python3
"""A rule file from a list of regular expressions, one to a line, so that Gatehouse can be
measured against other programs that run the same list (docs/performance.md).

  rules_from_patterns.py PATTERNS [TIMES=1] > FOLDER/patterns.toml

Each line becomes a rule of its own, as a school would write it. With TIMES the list stands
so many times over, each time with other, invented words in place of those of four letters
or more; what has none (numbers) stands beside an invented word. So 500 patterns become
5,000 different ones that find no more than the 500 do.
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


def other(rng, pattern):
    def word(match):
        text = match.group()
        return text if text.startswith("\\") else invented(rng, len(text))

    changed = WORD.sub(word, pattern)
    return changed if changed != pattern else r"\b%s\W{1,3}%s" % (invented(rng, 6), pattern)


def main():
    patterns = open(sys.argv[1], encoding="utf-8").read().splitlines()
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng, number = random.Random(1), 0
    for time in range(times):
        for pattern in patterns:
            if time:
                pattern = other(rng, pattern)
            print(RULE % (number, pattern))
            number += 1


main()
