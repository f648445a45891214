"""Replay recorded PyTorch calls on a module and score how many agree.

Cases run in worker processes, so a crash or hang of the module under test is itself a result.
Outcome of a case: pass, value, dtype, shape, grad, inplace, out, raised, missing, noerror, crash, hang.
Needs NumPy and the module under test, nothing else.
"""

import argparse
import gzip
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import workers
from groups import RUNNERS

HERE = Path(__file__).parent
FLOOR = HERE.parent / "conformance_floor.json"


def name_of(case: dict[str, Any]) -> str:
    return case.get("op") or case.get("path", "").split(".")[-1] or case.get("kind", "")


def read_cases(group: str, op: str | None, dtype: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each case of a group as its line and as an object."""
    with gzip.open(HERE / "data" / f"{group}.jsonl.gz", "rt") as file:
        for line in file:
            case = json.loads(line)
            if op in (None, name_of(case)) and (dtype is None or case.get("dtype") in (None, dtype)):
                yield line, case


def run_group(args: argparse.Namespace, group: str) -> dict[str, Any]:
    lines, cases = [], []
    for line, case in read_cases(group, args.op, args.dtype):
        lines.append(line)
        cases.append(case)
    chunks = [lines[i : i + workers.CHUNK] for i in range(0, len(lines), workers.CHUNK)]
    with ThreadPoolExecutor(args.jobs) as pool:
        runs = pool.map(lambda chunk: workers.run_chunk(args.module, group, args.device, chunk), chunks)
        results = [outcome for run in runs for outcome in run]
    by_name: dict[str, Counter[str]] = defaultdict(Counter)
    failures = []
    for case, (outcome, detail) in zip(cases, results, strict=True):
        by_name[name_of(case)][outcome] += 1
        if outcome != "pass":
            place = {key: case.get(key) for key in ("path", "dtype", "code")}
            failures.append({"name": name_of(case), **place, "outcome": outcome, "detail": detail})
    tally = Counter(outcome for outcome, _ in results)
    return {
        "cases": len(results),
        "pass": tally["pass"],
        "tally": dict(tally),
        "names": len(by_name),
        "names_full": sum(set(outcomes) == {"pass"} for outcomes in by_name.values()),
        "absent": sorted(name for name, outcomes in by_name.items() if set(outcomes) == {"missing"}),
        "failures": failures,
    }


def show(group: str, result: dict[str, Any], most: int) -> None:
    share = 100 * result["pass"] / max(result["cases"], 1)
    print(
        f"\n{group}: {result['pass']} of {result['cases']} cases pass ({share:.1f} %); {result['names_full']} of "
        f"{result['names']} names pass wholly, {len(result['absent'])} absent"
    )
    print("   " + ", ".join(f"{outcome} {count}" for outcome, count in Counter(result["tally"]).most_common()))
    failing = Counter(failure["name"] for failure in result["failures"]).most_common(10)
    if failing:
        print("   most failing: " + "; ".join(f"{name} {count}" for name, count in failing))
    for failure in result["failures"][:most]:
        where = " ".join(str(failure[key]) for key in ("name", "dtype", "code") if failure[key])
        print(f"   - {failure['outcome']:8s} {where} {failure['detail']}"[:300])


def check_floor(report: dict[str, dict[str, Any]], raise_floor: bool) -> int:
    """The number of groups that score below the recorded floor."""
    floor: dict[str, int] = json.loads(FLOOR.read_text())
    scores = {group: result["pass"] for group, result in report.items()}
    fallen = [group for group, least in floor.items() if scores.get(group, least) < least]
    for group in fallen:
        print(f"{group}: {scores[group]} cases pass, the floor is {floor[group]}")
    if raise_floor and not fallen:
        FLOOR.write_text(json.dumps(floor | scores, indent=2) + "\n")
    return len(fallen)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", default="ferrotorch")
    parser.add_argument("--device", default="cpu", help="snippet groups then run with that default device")
    parser.add_argument("--group", nargs="*", default=list(RUNNERS), choices=list(RUNNERS))
    parser.add_argument("--op", help="only cases of this op, module or optimizer")
    parser.add_argument("--dtype", help="only cases of this dtype")
    parser.add_argument("--fail-list", type=int, default=0, metavar="N", help="print N failing cases of each group")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the whole result there")
    parser.add_argument("--jobs", "-j", type=int, default=os.cpu_count())
    parser.add_argument("--floor", action="store_true", help="fail if a group scores below the recorded floor")
    parser.add_argument("--raise-floor", action="store_true", help="also write the scores back as the new floor")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    if args.worker:
        workers.answer_cases(args.module, args.group[0], args.device)
        return 0
    report = {}
    for group in args.group:
        report[group] = run_group(args, group)
        show(group, report[group], args.fail_list)
    if args.json:
        args.json.write_text(json.dumps(report, indent=1))
    print("\nscore: " + ", ".join(f"{g} {100 * r['pass'] / max(r['cases'], 1):.2f}%" for g, r in report.items()))
    return check_floor(report, args.raise_floor) if args.floor or args.raise_floor else 0


if __name__ == "__main__":
    sys.exit(main())
