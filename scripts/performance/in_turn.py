#!/usr/bin/env python3
"""CPU seconds, wall time and peak memory of commands, run in turn so that they share whatever
else the machine does (docs/performance.md).

  in_turn.py ROUNDS "COMMAND" ["COMMAND" ...]

Prints for each: median, least and most CPU seconds (user and system, children included).
"""
import os, shlex, subprocess, sys, time


def run(command):
    began = time.time()
    process = subprocess.Popen(shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: ended with {status}")
    return used.ru_utime + used.ru_stime, time.time() - began, used.ru_maxrss / 1024


def main():
    rounds, commands = int(sys.argv[1]), sys.argv[2:]
    seen = [[] for _ in commands]
    for _ in range(rounds):
        for command, runs in zip(commands, seen):
            runs.append(run(command))
    for command, runs in zip(commands, seen):
        cpu, wall = sorted(r[0] for r in runs), sorted(r[1] for r in runs)
        print(f"CPU {cpu[len(cpu) // 2]:.3f} s ({cpu[0]:.3f} to {cpu[-1]:.3f})  wall {wall[len(wall) // 2]:.3f} s  "
              f"memory {max(r[2] for r in runs):.0f} MB  {command}")


main()
