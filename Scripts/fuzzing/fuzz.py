#!/usr/bin/env python3
"""Damages files of every kind that the commands read, one field at a time, and checks what the commands do.

fuzz.py BINARIES COUNT [--seed S] [--only FAMILY] [--jobs N] [--keep FOLDER]

Asserts the contract for each of COUNT files: an exit code of the contract, an `error:` line where something
failed, at most 10 s and 1 GiB, no character that hides or turns text, and that where h5py reads a run's
rows, `analyze` reads the same. Ends with 1 if a file broke it; the file is kept, with the command.
"""
import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile

import contract
import families
import oracle

STATE = {}


def prepared(binaries, folder, only, seed):
    tools = families.Tools(os.path.abspath(binaries))
    chosen = [family for family in families.ALL if only in ("", family.__name__)]
    result = []
    for family in chosen:
        place = os.path.join(folder, family.__name__)
        os.makedirs(place)
        result.append(family(place, tools, seed))
    return result


def begin(chosen):
    STATE.update(families=chosen, oracle=oracle.Oracle())


def one(task):
    """Makes file `number` of `seed`, runs its commands; returns what it broke."""
    seed, number, folder, keep = task
    rng = random.Random(f"{seed} {number}")
    family = rng.choices(STATE["families"], [f.weight for f in STATE["families"]])[0]
    name = f"{type(family).__name__}-{seed}-{number}"
    place = os.path.join(folder, name)
    os.makedirs(place)
    words = family.make(rng, place)
    found = []
    for command in family.commands(rng, place):
        outcome = contract.run(command, place)
        if outcome.seconds > contract.SECONDS:
            outcome = contract.run(command, place)  # A second try: the machine may have been busy.
        broken = contract.complaints(outcome)
        if isinstance(family, families.Runs) and "json" in command and outcome.code in (0, 1):
            read = STATE["oracle"].read(os.path.join(place, "run.h5"))
            broken += oracle.differences(read, outcome.out) if read else []
        shown = " ".join(os.path.basename(word) if os.path.isabs(word) else word for word in outcome.words)
        found += [f"{name}: {words}\n    {shown}\n    {problem}" for problem in broken]
    if found:
        shutil.copytree(place, os.path.join(keep, name), dirs_exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", help="the folder that holds analyze and train")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--only", default="", choices=[""] + [family.__name__ for family in families.ALL])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", default="fuzz-failures", help="where files that broke the contract are kept")
    parser.add_argument("--sanitized", action="store_true", help="the binaries were built with a sanitizer")
    options = parser.parse_args()
    contract.SANITIZED = options.sanitized
    with tempfile.TemporaryDirectory() as folder:
        chosen = prepared(options.binaries, folder, options.only, options.seed)
        tasks = [(options.seed, options.first + number, folder, options.keep) for number in range(options.count)]
        broken = 0
        with multiprocessing.get_context("fork").Pool(options.jobs, begin, (chosen,), maxtasksperchild=None) as pool:
            for done, found in enumerate(pool.imap_unordered(one, tasks), 1):
                broken += bool(found)
                for text in found:
                    print(text, flush=True)
                if done % 100 == 0:
                    print(f"{done} of {options.count} files, {broken} broke the contract", file=sys.stderr, flush=True)
    print(f"{options.count} files of seed {options.seed}: {broken} broke the contract"
          + (f"; they are in {options.keep}" if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
