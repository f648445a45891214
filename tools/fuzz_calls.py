"""Call every function with hostile arguments: ``python tools/fuzz_calls.py [--calls 20000] [--seed N] [--name GLOB]``.

Empty, huge, negative and non-finite numbers, tensors of every dtype, shape and stride, lists, None and strings stand
where a function expects others. A call gives a result or raises an exception of Python. What ends the process, says
"internal error", cannot be interrupted, or lets memory grow is reported, and the exit status is 1. Calls
run in processes of their own; each is a function of the seed and its number, so that ``--only NUMBER`` makes it again.
"""

import argparse
import contextlib
import fnmatch
import io
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ferrotorch as torch
import ferrotorch.nn.functional as F
from ferrotorch import _C

MEMORY, LONGEST, GROWTH = 3 << 30, 10, 512 << 20  # bytes of a process, seconds of a call, bytes that may stay behind
BATCH = 2000
PLACES: dict[str, Any] = {
    "torch": _C, "Tensor": _C.Tensor, "nn": _C._nn, "special": _C._special, "linalg": _C._linalg, "fft": _C._fft,
}  # fmt: skip
SKIPPED = ("set_num_threads", "set_num_interop_threads", "_Lent")
DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool,
    torch.complex64, torch.complex128, torch.uint16, torch.uint64, torch.float8_e4m3fn, torch.complex32,
]  # fmt: skip
SIZES = [0, 1, 1, 2, 3, 4, 5, 8, 17]
NUMBERS = [
    0,
    1,
    -1,
    2,
    3,
    7,
    -5,
    0.5,
    -0.0,
    1e-300,
    1e300,
    float("inf"),
    float("nan"),
    2**31,
    -(2**63),
    2**63 - 1,
    2**64,
    True,
]
INTEGERS = [0, 1, 2, 3, -1, -2, 5, 64, 2**31, 2**62, -(2**63), 2**63 - 1, 2**64]
WORDS = ["sum", "mean", "none", "reflect", "bilinear", "zeros", "amax", "", "floor", "ortho", "é", "i,j->", "...ij"]


def tensor(r: random.Random) -> torch.Tensor:
    """A tensor of any dtype and layout, small."""
    shape = [r.choice(SIZES) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4, 5]))]
    dtype = r.choice(DTYPES[:2]) if r.random() < 0.5 else r.choice(DTYPES)
    made = (torch.rand(shape) * r.choice([1, 4, 100])).to(dtype)
    if r.random() < 0.1 and made.is_floating_point() and made.numel():
        made.view(-1)[r.randrange(made.numel())] = r.choice([float("nan"), float("inf"), -1e30])
    changes: list[Callable[[], torch.Tensor]] = [
        lambda: made, lambda: made.transpose(0, -1), lambda: made[..., ::2], lambda: made.expand(2, *made.shape),
        lambda: made.flip(0), lambda: made[1:], lambda: made.conj(), lambda: made.requires_grad_(),
    ]  # fmt: skip
    with contextlib.suppress(Exception):
        return r.choice(changes)()
    return made


def anything(r: random.Random) -> Any:
    """An argument where nothing is known of what is expected."""
    pick = r.random()
    if pick < 0.55:
        return tensor(r)
    makers: list[Callable[[], Any]] = [
        lambda: r.choice(INTEGERS), lambda: r.choice(NUMBERS), lambda: None, lambda: r.choice(WORDS),
        lambda: r.choice(DTYPES), lambda: r.random() < 0.5, object, dict,
        lambda: [r.choice(INTEGERS) for _ in range(r.randrange(4))], lambda: [tensor(r) for _ in range(r.randrange(4))],
        lambda: tuple(r.choice([0, 1, 2]) for _ in range(r.randrange(4))),
    ]  # fmt: skip
    return r.choice(makers)()


def small(r: random.Random) -> int:
    return r.choice([0, 1, 2, 3, -1]) if r.random() < 0.7 else r.choice(INTEGERS)


EXPECTED: dict[str, Callable[[random.Random], Any]] = {
    "Tensor": tensor,
    "Operand": lambda r: tensor(r) if r.random() < 0.6 else r.choice(NUMBERS),
    "Scalar": lambda r: r.choice(NUMBERS),
    "int": small,
    "float": lambda r: r.choice(NUMBERS),
    "bool": lambda r: r.random() < 0.5,
    "dtype": lambda r: r.choice(DTYPES),
    "str": lambda r: r.choice(WORDS),
    "device": lambda r: "cpu",
}


def expected(kind: str, r: random.Random) -> Any:
    """An argument of a declared type, or, now and then, of another."""
    if r.random() < 0.04:
        return anything(r)
    base, listed, _ = kind.removesuffix("?").replace("...", "[]").partition("[")
    make = EXPECTED.get(base, anything)
    return [make(r) for _ in range(r.randrange(4))] if listed and r.random() < 0.9 else make(r)


def declared(op: Any, r: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """Arguments for one of the declarations of an op."""
    head = r.choice(op._declarations.split("\n"))[1:].rpartition(")")[0]
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    by_name = False
    for part in re.split(r", (?![^()\[\]]*[)\]])", head):
        kind, _, name = part.partition("=")[0].strip().rpartition(" ")
        if part.strip() == "*":
            by_name = True
        elif not kind or name == "out" or ("=" in part and r.random() < 0.6):
            by_name = by_name or "=" in part
        elif by_name:
            keywords[name] = expected(kind, r)
        else:
            args.append(expected(kind, r))
    return args, keywords


def targets(pattern: str) -> dict[str, Any]:
    """What is called: every op of the binding, and the functions of `torch` and `nn.functional` written in Python."""
    ops = {
        f"{place}.{name}": op
        for place, holder in PLACES.items()
        for name, op in vars(holder).items()
        if type(op) is _C.Op
    }
    for place, holder in {"torch": torch, "functional": F}.items():
        names = [name for name in holder.__all__ if callable(getattr(holder, name, None))]
        ops |= {
            f"{place}.{name}": getattr(holder, name) for name in names if not isinstance(getattr(holder, name), type)
        }
    chosen = {name: op for name, op in sorted(ops.items()) if fnmatch.fnmatch(name, pattern)}
    return {name: op for name, op in chosen.items() if not name.endswith(SKIPPED) and not is_left_out(name)}


def is_left_out(name: str) -> bool:
    """Does it change the process, write files, wait for others, or work for as long as a number says?"""
    words = "set_default set_flush set_rng seed save load compile from_file printoptions deterministic fork polynomial"
    return any(word in name for word in words.split())


def call(number: int, seed: int, names: list[str], ops: dict[str, Any]) -> None:
    """One call; its result is looked at, and its gradient is taken where it has one."""
    r = random.Random(f"{seed} {number}")
    name = names[number % len(names)]
    args, keywords = (
        declared(ops[name], r) if type(ops[name]) is _C.Op else ([anything(r) for _ in range(r.randrange(1, 5))], {})
    )
    result = ops[name](*args, **keywords)
    if isinstance(result, torch.Tensor):
        repr(result) if result.numel() < 10_000 else None
        if result.requires_grad and r.random() < 0.5:
            result.abs().sum().backward()


def resident() -> int:
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0


def watch() -> None:
    """Interrupts a call that takes long, as Ctrl-C does, and ends the process if that does not help."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, LONGEST)
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * LONGEST)  # The default of this signal ends the process.


class TooLong(Exception):
    """A call was interrupted."""


def interrupt(*_: object) -> None:
    raise TooLong


def work(first: int, last: int, seed: int, pattern: str, place: Path) -> None:
    """Makes calls one after the other and notes the number of each before it begins."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, interrupt)
    ops, begin = targets(pattern), resident()
    names = list(ops)
    with open(place, "r+b", buffering=0) as note:
        for number in range(first, last):
            note.seek(0)
            note.write(b"%12d" % number)
            watch()
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    call(number, seed, names, ops)
            except Exception as error:
                if "internal error" in str(error) or "panicked" in str(error):
                    sys.exit(f"{number} {names[number % len(names)]}: {error}")
    torch.cpu.empty_cache()
    if resident() - begin > GROWTH:
        sys.exit(f"memory grew by {(resident() - begin) >> 20} MiB")


def batches(calls: int, seed: int, pattern: str) -> Iterator[str]:
    """Makes calls in processes, and yields what went wrong."""
    first = 0
    with tempfile.NamedTemporaryFile() as note:
        while first < calls:
            last = min(first + BATCH, calls)
            command = [
                sys.executable,
                __file__,
                "--work",
                str(first),
                str(last),
                note.name,
                "--seed",
                str(seed),
                "--name",
                pattern,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            number = int(Path(note.name).read_bytes() or b"0")
            if done.returncode == 0:
                first = last
                continue
            names = list(targets(pattern))
            said = f"status {done.returncode}: {done.stderr.strip()[-400:]}"
            yield f"call {number} of {names[number % len(names)]}: {said}"
            first = number + 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=None, help="default: from the clock")
    parser.add_argument("--name", default="*", help="glob of the functions, such as linalg.*")
    parser.add_argument("--only", type=int, help="make this one call, and show what comes of it")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    seed = int(time.time()) if args.seed is None else args.seed
    if args.work:
        work(int(args.work[0]), int(args.work[1]), seed, args.name, Path(args.work[2]))
        return 0
    if args.only is not None:
        ops = targets(args.name)
        try:
            call(args.only, seed, list(ops), ops)
        except Exception:
            traceback.print_exc()
        return 0
    failures = 0
    for failure in batches(args.calls, seed, args.name):
        failures += 1
        print(failure, flush=True)
    print(f"seed {seed}: {args.calls} calls, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
