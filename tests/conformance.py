"""Run the conformance suite and compare each group's score with the recorded floor.

python tests/conformance.py SUITE FLOOR.json            fail if a group scores below its floor
python tests/conformance.py SUITE FLOOR.json --raise    also write higher scores back as the new floor
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def scores(suite: Path) -> dict[str, int]:
    """Number of passing cases of each group."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([sys.executable, str(suite / "run.py"), "--json", str(report)], check=True)
        return {group: result["pass"] for group, result in json.loads(report.read_text()).items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("floor", type=Path)
    parser.add_argument("--raise", action="store_true", dest="raise_floor")
    args = parser.parse_args()

    floor: dict[str, int] = json.loads(args.floor.read_text())
    found = scores(args.suite)
    fallen = {group: (found.get(group, 0), least) for group, least in floor.items() if found.get(group, 0) < least}
    for group, (score, least) in fallen.items():
        print(f"{group}: {score} cases pass, the floor is {least}")
    if args.raise_floor and not fallen:
        args.floor.write_text(json.dumps(floor | found, indent=2) + "\n")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
