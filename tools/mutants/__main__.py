"""Plants one-token faults in the Python layer, one at a time, and reports those that no test notices.

    python tools/mutants [--record] [--count N] [--seed S] [--only GLOB...] [--most PERCENT]

A run begins with what `--record` notes (and the first run does): which tests execute which line. Test files that have
not changed since they were recorded are not run again. A fault is judged by the tests that reach it, the fastest first,
in a copy of the package; one that none reaches survives at once.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from faults import PACKAGE, ROOT, Fault, faults_in
from judge import Case, Judge
from reach import Reach
from record import FOLDER, record

BUDGET = 20.0  # seconds of tests that a fault is judged by at most
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="how many faults to plant")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument(
        "--only", nargs="*", default=["**/*.py"], help="files to plant them in, below python/ferrotorch"
    )
    parser.add_argument("--most", type=float, default=5.0, help="fail if more than this percentage survives")
    parser.add_argument(
        "--record", nargs="*", metavar="PART", help="note again what tests execute: all, or folders of them"
    )
    return parser.parse_args()


def is_equivalent(fault: Fault, known: set[str]) -> bool:
    return f"{fault.path.relative_to(PACKAGE)}: {fault.old} -> {fault.new}: {fault.text}" in known


def choose(args: argparse.Namespace) -> list[Fault]:
    """A sample of the faults, without those that are known to change nothing."""
    known = {line for line in EQUIVALENT.read_text().splitlines() if line and not line.startswith("#")}
    faults = [fault for pattern in args.only for fault in faults_in(pattern) if not is_equivalent(fault, known)]
    print(f"the package has room for {len(faults)} faults")
    return random.Random(args.seed).sample(faults, min(args.count, len(faults)))


def case_of(fault: Fault, reach: Reach) -> Case:
    tests, seconds = [], 0.0
    for test in reach.tests(fault):
        seconds += reach.seconds[test]
        if seconds > BUDGET and tests:
            break
        tests.append(test)
    return Case(fault, tests, seconds, reach.at_import(fault))


def judge(cases: list[Case]) -> list[Fault]:
    """The faults that no test notices."""
    survivors: list[Fault] = []

    def report(fault: Fault, noticed: bool) -> None:
        print(f"{'noticed ' if noticed else 'SURVIVES'} {fault}", file=sys.stderr, flush=True)
        survivors.extend([] if noticed else [fault])

    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        shutil.copytree(PACKAGE, copy / "ferrotorch", ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd"))
        for extension in (*PACKAGE.glob("*.so"), *PACKAGE.glob("*.pyd")):
            (copy / "ferrotorch" / extension.name).symlink_to(extension)
        sys.path.insert(0, name)
        os.environ |= {"PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        files = sorted({test.partition("::")[0] for case in cases for test in case.tests})
        pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", "-s", *files], [Judge(copy, cases, report)])
    return survivors


def print_folders(cases: list[Case], survivors: list[Fault]) -> None:
    """How many faults survive in each folder of the package, and in the files beside the folders."""
    planted = Counter(folder_of(case.fault) for case in cases)
    alive = Counter(map(folder_of, survivors))
    for folder, count in planted.most_common():
        print(f"{folder:20}{alive[folder]:5} of {count}")


def folder_of(fault: Fault) -> str:
    folder, _, rest = fault.path.relative_to(PACKAGE).as_posix().partition("/")
    return folder if rest else "."


def main() -> int:
    args = parse_arguments()
    os.chdir(ROOT)
    if args.record is not None or not FOLDER.exists():
        record(args.record or [])
    reach = Reach()
    cases = [case_of(fault, reach) for fault in choose(args)]
    unreached = [case.fault for case in cases if not case.tests]
    survivors = unreached + judge([case for case in cases if case.tests])
    for fault in unreached:
        print(f"unreached {fault}")
    print_folders(cases, survivors)
    share = 100 * len(survivors) / max(len(cases), 1)
    print(
        f"{len(survivors)} of {len(cases)} faults survive ({share:.1f} %), {len(unreached)} of them where no test goes"
    )
    return 1 if share > args.most else 0


if __name__ == "__main__":
    sys.exit(main())
