"""Damage files at random and read them: ``python tools/fuzz.py [--seconds 300] [--seed N] [--target NAME]``.

Each target is one parser of files. A damaged file loads, or is refused by an exception that SECURITY.md names, with a
reason; it runs no code, writes nothing, and takes neither long nor much memory. What breaks that is kept in
``fuzz-failures/``, and the exit status is 1. Crashes are noticed too: every target runs in a process of its own, and
the file that it is about to read is on the disk.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "serialization"))

import ferrotorch as torch  # noqa: E402
from ferrotorch.utils import safetensors  # noqa: E402
from test_mutated_files import DATA, load_or_refuse, mutate, plain, with_pickle  # noqa: E402

FAILURES = ROOT / "fuzz-failures"
MEMORY, LONGEST = 4 << 30, 10.0  # bytes of a process, seconds of one file
ARCHIVES = sorted(path for path in DATA.glob("*.pt") if "legacy" not in path.name and path.name != "truncated.pt")
LEGACY = sorted(DATA.glob("*legacy.pt"))
SAFETENSORS = sorted(DATA.glob("*.safetensors"))


def of_bytes(paths: list[Path]) -> Callable[[random.Random], bytes]:
    """Files with bytes changed anywhere."""
    return lambda r: mutate(r.choice(paths).read_bytes(), r)


def of_pickle(r: random.Random) -> bytes:
    """Archives whose pickle is changed, with the checksum that belongs to it."""
    return with_pickle(r.choice(ARCHIVES).read_bytes(), lambda data: mutate(data, r)).getvalue()


def of_header(r: random.Random) -> bytes:
    """safetensors files whose header is changed and whose length of the header is right."""
    data = r.choice(SAFETENSORS).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = mutate(data[8 : 8 + size], r)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def of_numbers(r: random.Random) -> bytes:
    """Archives with a digit or an integer of the pickle changed: sizes, strides and offsets above all."""

    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        places = [i for i, byte in enumerate(changed[:-2]) if byte in b"KMJ"]  # opcodes of small integers
        for place in r.sample(places, min(len(places), r.randint(1, 3))):
            changed[place + 1] = r.randrange(256)
        return bytes(changed)

    return with_pickle(r.choice(ARCHIVES).read_bytes(), change).getvalue()


def load_bytes(path: Path) -> object:
    """Read a safetensors file that is in memory."""
    return safetensors.load(path.read_bytes())


def load_objects(path: Path) -> list[object]:
    """Read objects one after the other from an open file."""
    with open(path, "rb") as file:
        return [torch.load(file, weights_only=True) for _ in range(2)]


TARGETS: dict[str, tuple[Callable[[random.Random], bytes], Callable[[Path], object]]] = {
    "archive": (of_bytes(ARCHIVES), torch.load),
    "pickle": (of_pickle, torch.load),
    "numbers": (of_numbers, torch.load),
    "legacy": (of_bytes(LEGACY), torch.load),
    "stream": (lambda r: mutate(2 * r.choice(LEGACY).read_bytes(), r), load_objects),
    "safetensors": (of_bytes(SAFETENSORS), safetensors.load_file),
    "safetensors-header": (of_header, safetensors.load_file),
    "safetensors-bytes": (of_header, load_bytes),
}


def work(name: str, seconds: float, seed: int, folder: Path) -> None:
    """Read damaged files until the time is over; ends the process at the first failure."""
    make, read = TARGETS[name]
    limit_memory()
    warnings.simplefilter("ignore")
    end, count, loaded, r = time.monotonic() + seconds, 0, 0, random.Random(f"{name} {seed}")
    file = folder / "input"
    while time.monotonic() < end:
        file.write_bytes(make(r))
        start = time.monotonic()
        good, result = load_or_refuse(read, file)
        loaded += good
        plain(result)
        if time.monotonic() - start > LONGEST:
            raise TimeoutError(f"{time.monotonic() - start:.0f} s for one file")
        count += 1
    print(f"{name}: {count} files, {loaded} of them loaded")


def limit_memory() -> None:
    """Bound the memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def supervise(name: str, seconds: float, seed: int) -> bool:
    """Whether a target went well in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--work", name, "--seconds", str(seconds), "--seed", str(seed), folder]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
            status, output = done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            status, output = -1, "it hangs"
        print(output.strip(), flush=True)
        if status == 0:
            return True
        FAILURES.mkdir(exist_ok=True)
        if (Path(folder) / "input").exists():
            shutil.copy(Path(folder) / "input", FAILURES / name)
        (FAILURES / f"{name}.txt").write_text(f"seed {seed}, exit status {status}\n{output}")
        print(f"{name}: FAILED with status {status}; the file is {FAILURES / name}", flush=True)
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="for all targets together")
    parser.add_argument("--seed", type=int, default=None, help="default: from the clock")
    parser.add_argument("--target", choices=TARGETS, action="append", help="default: all")
    parser.add_argument("--work", choices=TARGETS, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work is not None:
        try:
            work(args.work, args.seconds, args.seed, args.folder)
        except BaseException:
            traceback.print_exc()
            return 1
        return 0
    seed = int(time.time()) if args.seed is None else args.seed
    names = args.target or list(TARGETS)
    print(f"seed {seed}", flush=True)
    results = [supervise(name, args.seconds / len(names), seed) for name in names]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
