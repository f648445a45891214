"""Time small calls, kernels and training steps: the best of several bursts, a line each.

python benches/run.py [TEXT]                        only cases whose name contains TEXT
python benches/run.py [TEXT] --pytorch PYTHON       beside PyTorch in that interpreter, and how much longer it takes
python benches/run.py linalg: --threads 1           on one thread, both of them
"""

import argparse
import importlib
import math
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

# The same cases run in PyTorch, by an interpreter that has it.
IN_PYTORCH = "--in-pytorch" in sys.argv
torch = importlib.import_module("torch" if IN_PYTORCH else "ferrotorch")
nn, F = torch.nn, torch.nn.functional


def best(call: Callable[[], object], seconds: float = 0.5) -> float:
    """Seconds that one call takes: the best burst of about a hundredth of `seconds`."""
    call()
    start = time.perf_counter()
    call()
    burst = max(1, int(seconds / 100 / max(time.perf_counter() - start, 1e-7)))
    found, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(burst):
            call()
        found = min(found, (time.perf_counter() - start) / burst)
    return found


def training(model: nn.Module, inputs: torch.Tensor, classes: torch.Tensor) -> Callable[[], object]:
    """One step of Adam on a classifier."""
    optimizer = torch.optim.Adam(model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), classes).backward()
        optimizer.step()

    return step


def epochs() -> dict[str, Callable[[], object]]:
    """An epoch of 128 batches of 32 for the same small network: a loop written by hand, and the trainer."""
    inputs, classes = torch.randn(4096, 4), torch.randint(0, 2, (4096,))

    def made() -> tuple[nn.Module, nn.Module, torch.optim.Optimizer]:
        model = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
        return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())

    model, loss_fn, optimizer = made()

    def by_hand() -> float:
        total = 0.0
        for rows in torch.randperm(4096).split(32):
            optimizer.zero_grad()
            loss = loss_fn(model(inputs[rows]), classes[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / 4096

    if IN_PYTORCH:
        return {"epoch: MLP 4-64-64-2 b32, by hand": by_hand}
    trainer = importlib.import_module("ferrotorch.fit").Trainer(*made())

    def by_trainer() -> object:
        return trainer.fit((inputs, classes), epochs=trainer.epoch + 1, verbose=False)

    return {"epoch: MLP 4-64-64-2 b32, by hand": by_hand, "epoch: MLP 4-64-64-2 b32, Trainer": by_trainer}


def linalg() -> dict[str, Callable[[], object]]:
    """Linear algebra on batches of small matrices and on larger single ones."""
    matrices = {"3x3 b10000": torch.randn(10_000, 3, 3), "16x16 b1000": torch.randn(1000, 16, 16)}
    matrices |= {f"{n}x{n}": torch.randn(n, n) for n in (128, 512)}
    found: dict[str, Callable[[], object]] = {}
    for size, a in matrices.items():
        found |= {f"linalg: {name} {size}": call for name, call in (decompositions(a) | systems(a)).items()}
    return found


def decompositions(a: torch.Tensor) -> dict[str, Callable[[], object]]:
    """Factorisations of square matrices, and what is read from them."""
    positive = a @ a.mT + torch.eye(a.shape[-1])
    of_any = ("det", "slogdet", "inv", "lu_factor", "qr", "svd", "svdvals", "eig", "eigvals", "matrix_exp")
    found = {name: partial(getattr(torch.linalg, name), a) for name in of_any}
    return found | {name: partial(getattr(torch.linalg, name), positive) for name in ("cholesky", "eigh", "eigvalsh")}


def systems(a: torch.Tensor) -> dict[str, Callable[[], object]]:
    """Systems of equations with one right-hand side and with many."""
    n = a.shape[-1]
    lower = a.tril() + n * torch.eye(n)
    factors, pivots = torch.linalg.lu_factor(a)
    found: dict[str, Callable[[], object]] = {}
    solve_triangular = torch.linalg.solve_triangular
    for cols in (1, n):
        b = a[..., :cols].contiguous()
        found |= {
            f"solve with {cols}": partial(torch.linalg.solve, a, b),
            f"solve_triangular with {cols}": partial(solve_triangular, lower, b, upper=False),
            f"transposed solve_triangular with {cols}": partial(solve_triangular, lower.mT, b, upper=True),
            f"cholesky_solve with {cols}": partial(torch.cholesky_solve, b, lower),
            f"lu_solve with {cols}": partial(torch.linalg.lu_solve, factors, pivots, b),
        }
    return found


def complex_products() -> dict[str, Callable[[], object]]:
    """Products of complex matrices."""
    square, batch = torch.randn(512, 512, dtype=torch.complex64), torch.randn(1000, 16, 16, dtype=torch.complex64)
    wide = square.to(torch.complex128)
    return {
        "complex: matmul 512": lambda: square @ square,
        "complex: matmul 512, adjoint": lambda: square.mH @ square,
        "complex: matmul 512 in double precision": lambda: wide @ wide,
        "complex: matmul 1000 of 16": lambda: batch @ batch,
    }


def transforms() -> dict[str, Callable[[], object]]:
    """Fourier transforms: powers of two, other lengths, primes, many short ones, images, real numbers, spectrograms."""
    lines = {"1024": (1024,), "2^20": (1 << 20,), "1000": (1000,), "prime 10007": (10007,), "10000 of 16": (10000, 16)}
    inputs = {name: torch.randn(*shape, dtype=torch.complex64) for name, shape in lines.items()}
    images, signals, window = torch.randn(8, 3, 224, 224), torch.randn(16, 16000), torch.hann_window(512)
    waves, rows = torch.view_as_complex(torch.stack([images, images], -1)), torch.randn(512, 512, dtype=torch.complex64)
    real = torch.randn(1000, 512)
    return {
        **{f"fft: {name}": lambda x=x: torch.fft.fft(x) for name, x in inputs.items()},
        "fft: along rows 512": lambda: torch.fft.fft(rows, dim=0),
        "fft: 24 images 224": lambda: torch.fft.fft2(waves),
        "fft: 24 real images 224": lambda: torch.fft.rfft2(images),
        "fft: 1000 real lines of 512": lambda: torch.fft.rfft(real),
        "fft: stft 512/128 of 16 x 16000": lambda: torch.stft(signals, 512, 128, window=window, return_complex=True),
    }


def cases() -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    torch.manual_seed(0)
    a, b, x = torch.rand(8), torch.rand(8), torch.rand(8, requires_grad=True)
    long, wide, square = torch.randn(1_000_000), torch.randn(4096, 1024), torch.randn(1024, 1024)
    images, kernels = torch.randn(32, 64, 32, 32), torch.randn(64, 64, 3, 3)
    mlp = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    return {
        "call: a + b": lambda: a + b,
        "call: a + b, recorded": lambda: x + b,
        "call: forward and backward of three ops": lambda: torch.relu(x * b).sum().backward(),
        "kernel: add 1e6": lambda: long + long,
        "kernel: exp 1e6": lambda: long.exp(),
        "kernel: gelu 1e6": lambda: F.gelu(long),
        "kernel: sum 4096x1024 along rows": lambda: wide.sum(1),
        "kernel: softmax 4096x1024": lambda: wide.softmax(1),
        "kernel: matmul 1024": lambda: square @ square,
        "kernel: conv2d 3x3 64-64 32x32 b32": lambda: F.conv2d(images, kernels, padding=1),
        **transforms(),
        "step: MLP 4-64-64-2 b32": training(mlp, torch.randn(32, 4), torch.randint(0, 2, (32,))),
        **epochs(),
        **linalg(),
        **complex_products(),
    }


def of_pytorch(interpreter: str, wanted: str, threads: int) -> dict[str, float]:
    """Microseconds of the cases in PyTorch, by name."""
    command = [interpreter, __file__, wanted, "--in-pytorch", "--threads", str(threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows = (line.removesuffix(" us").rpartition(" ") for line in done.stdout.splitlines())
    return {name.strip(): float(microseconds) for name, _, microseconds in rows}


def main() -> None:
    """Time the cases that are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wanted", nargs="?", default="", help="a part of the names of cases")
    parser.add_argument("--pytorch", metavar="PYTHON", help="an interpreter that has PyTorch")
    parser.add_argument("--in-pytorch", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    theirs = of_pytorch(options.pytorch, options.wanted, options.threads) if options.pytorch else {}
    ratios: list[float] = []
    groups: dict[str, list[float]] = {}
    for name, call in cases().items():
        if options.wanted not in name:
            continue
        ours = best(call) * 1e6
        beside = ""
        if name in theirs:
            ratios.append(theirs[name] / ours)
            groups.setdefault(name.partition(":")[0], []).append(math.log(ratios[-1]))
            beside = f"   PyTorch {theirs[name]:12.2f} us, {ratios[-1]:6.2f} times as long"
        print(f"{name:45s}{ours:12.2f} us{beside}", flush=True)
    for group, logarithms in groups.items():
        mean = math.exp(sum(logarithms) / len(logarithms))
        print(f"{group}: PyTorch takes {mean:.2f} times as long (geometric mean)")
    if ratios:
        slower = sum(ratio < 1 for ratio in ratios)
        print(f"{len(ratios)} cases beside PyTorch: it is ahead in {slower}, by {1 / min(ratios):.2f} times at most")


if __name__ == "__main__":
    main()
