#!/usr/bin/env python3
"""A plain directory of invented people for measuring (docs/performance.md, docs/directory.md).

  people.py COUNT [DOMAIN=oakfield.example] > people.csv

A tenth staff, half pupils, the rest their parents. Names repeat as they do in a county.
"""
import csv, random, sys

GIVEN = ("Amelia Olivia Isla Ava Mia Freya Lily Sophie Grace Ella Aisha Fatima Zara Priya Chloe Poppy Evie Noor Hannah "
         "Maisie Oliver George Noah Arthur Harry Leo Muhammad Jack Charlie Oscar Jacob Thomas Henry Rhys Callum Ewan Dylan "
         "Kofi Arjun Tomasz Siobhán Zoë Siân Renée").split()
FAMILY = ("Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Khan Ahmed Evans Thomas Roberts Walker Wright "
          "Robinson Thompson White Hughes Edwards Green Hall Wood Harris Lewis Martin Jackson Clarke Begum Hussain Singh Kaur "
          "Kowalski O'Brien McDonald Okafor Mensah Nowak Müller").split()
SYLLABLES = "ba ce di fo gu ha ke li mo nu pa re si to va we yo ash ton ley ham ford".split()


def main():
    count = int(sys.argv[1])
    domain = sys.argv[2] if len(sys.argv) > 2 else "oakfield.example"
    rng = random.Random(count)
    out = csv.writer(sys.stdout)
    out.writerow("id role given family email parent_of".split())
    pupils = []
    for i in range(count):
        role = "staff" if i % 10 == 0 else "pupil" if i % 10 < 6 else "parent"
        given, family = rng.choice(GIVEN), rng.choice(FAMILY)
        if i >= len(GIVEN) * len(FAMILY) // 4:
            family = "".join(rng.choice(SYLLABLES) for _ in range(3)).capitalize()
        email, child = f"{role}{i}@{domain}", ""
        if role == "pupil":
            pupils.append(f"p{i}")
        elif role == "parent":
            email, child = f"parent{i}@homemail.invalid", rng.choice(pupils)
        out.writerow([f"p{i}", role, given, family, email, child])


main()
