"""Other threads of Python go on beside whatever takes long: no op on large tensors keeps the interpreter for long."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ferrotorch as torch
import ferrotorch.nn.functional as F
import numpy as np
import pytest
from ferrotorch import _C
from support.ticking import LIMIT, longest_hold

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 1024
PLACES = {"torch": _C, "Tensor": _C.Tensor, "nn": _C._nn, "special": _C._special, "fft": _C._fft}
OPS = {
    f"{place}.{name}": op
    for place, holder in PLACES.items()
    for name, op in sorted(vars(holder).items())
    if type(op) is _C.Op and not (place == "Tensor" and (hasattr(_C, name) or hasattr(_C, name.removesuffix("_"))))
}
# Rows of the pointwise table run in one way.
OPS = {name: op for name, op in OPS.items() if "\n\nElement-wise" not in op.__doc__} | {"torch.exp": _C.exp}
# They put other memory behind a tensor, or make what the shape of a large one says and not less.
SHRINKING = {"Tensor.resize_", "Tensor.resize_as_", "Tensor.as_strided_", "torch.combinations", "torch.cartesian_prod"}
SHRINKING |= {
    "torch.block_diag",
    "torch.tril_indices",
    "torch.triu_indices",
    "torch.outer",
    "torch.ger",
    "torch.diag_embed",
}
SHRINKING |= {"torch.diagflat", "torch.meshgrid", "torch.quantile", "torch.nanquantile", "torch.unique", "torch.isin"}


def inputs(kind: str) -> Callable[[], torch.Tensor]:
    """Makers of a large tensor, in the order in which they are tried for ops that refuse the others."""
    k = torch.arange(ROWS * ROWS).remainder(997)
    return {
        "float": lambda: (k.float() / 1000 + 0.0005).reshape(ROWS, ROWS),
        "int": lambda: k.remainder(3).reshape(ROWS, ROWS),
        "bool": lambda: (k > 500).reshape(ROWS, ROWS),
        "line": lambda: k.float() / 1000,
        "ints": lambda: k.remainder(100),
        "images": lambda: (k[: 4 * 16 * 128 * 128].float() / 1000).reshape(4, 16, 128, 128),
        "batch": lambda: (k[: 16 * 256 * 256].float() / 1000).reshape(16, 256, 256),
    }[kind]


KINDS = ["float", "int", "bool", "line", "ints", "images", "batch"]
VALUES = {
    "Scalar": 1, "int": 1, "float": 0.5, "bool": True, "int[]": [1, 0], "int[1]": 1, "int...": [1, 0], "float[]": [0.5],
    "dtype": torch.float32, "device": "cpu", "str": "sum",
}  # fmt: skip


def arguments(declaration: str, make: Callable[[], torch.Tensor]) -> list[Any] | None:
    """The required arguments of a call, all of them by position."""
    head = declaration[1:].partition(", *")[0].rpartition(")")[0] or declaration[1:].partition(", *")[0]
    made: list[Any] = []
    for part in re.split(r", (?![^()]*\))", head):
        kind, _, name = part.rpartition(" ")
        if "=" in name or not kind:
            continue
        kind = kind.removesuffix("?")
        if kind in ("Tensor", "Operand"):
            made.append(make())
        elif kind.startswith("Tensor"):
            made.append([make(), make()])
        elif kind in VALUES:
            made.append(VALUES[kind])
        else:
            return None
    return made


def calls(op: Any) -> Iterator[Callable[[], Callable[[], object]]]:
    """Ways to prepare a call of an op on large tensors."""
    for kind in KINDS:
        for declaration in op._declarations.split("\n"):
            if arguments(declaration, lambda: torch.ones(1)) is None:
                continue

            def prepare(declaration: str = declaration, kind: str = kind) -> Callable[[], object]:
                made = arguments(declaration, inputs(kind)) or []
                return lambda: op(*made)

            yield prepare


@pytest.mark.parametrize("name", [name for name in OPS if name not in SHRINKING])
def test_ops_leave_the_interpreter(name: str) -> None:
    for prepare in calls(OPS[name]):
        try:
            hold = longest_hold(prepare)
        except (TypeError, ValueError, RuntimeError, IndexError, NotImplementedError):
            continue
        assert hold < LIMIT, f"{name} keeps the interpreter for {hold * 1e3:.1f} ms"
        return
    pytest.skip("no such arguments fit")


def tensor() -> torch.Tensor:
    return inputs("float")()


def saved() -> Path:
    path = Path(tempfile.mkdtemp()) / "tensor.pt"
    torch.save(torch.zeros(4, ROWS, ROWS), path)
    return path


def with_gradients() -> torch.Tensor:
    x = tensor().requires_grad_()
    return (x.sin() * x.exp()).cumsum(0).std()


def optimizer(kind: Any) -> Any:
    x = torch.nn.Parameter(torch.zeros(4, ROWS, ROWS))
    x.grad = torch.ones(4, ROWS, ROWS)
    return kind([x], lr=0.1)


OTHERS: dict[str, Callable[[], Callable[[], object]]] = {
    "x[mask]": lambda: (lambda x: lambda: x[x > 0.5])(tensor()),
    "x[mask] = 1": lambda: (lambda x: lambda: x.__setitem__(x > 0.5, 1))(tensor()),
    "x[idx]": lambda: (lambda x, i: lambda: x[i])(tensor(), torch.arange(ROWS).flip(0)),
    "x[idx] = x": lambda: (lambda x, i: lambda: x.__setitem__(i, x))(tensor(), torch.arange(ROWS).flip(0)),
    "x[:] = x.T": lambda: (lambda x: lambda: x.__setitem__(slice(None), x.T))(tensor()),
    "x.T.contiguous()": lambda: (lambda x: lambda: x.T.contiguous())(tensor()),
    "x.T.reshape": lambda: (lambda x: lambda: x.T.reshape(-1))(tensor()),
    "einsum": lambda: (lambda x: lambda: torch.einsum("ij,jk->ik", x, x))(tensor()),
    "randn": lambda: lambda: torch.randn(ROWS, ROWS),
    "randint": lambda: lambda: torch.randint(0, 10, (ROWS, ROWS)),
    "randperm": lambda: lambda: torch.randperm(ROWS * ROWS),
    "zeros": lambda: lambda: torch.zeros(8, ROWS, ROWS) + 1,
    "arange": lambda: lambda: torch.arange(4 * ROWS * ROWS),
    "normal_": lambda: (lambda x: lambda: x.normal_())(tensor()),
    "multinomial": lambda: (lambda x: lambda: x.multinomial(100, replacement=True))(tensor()),
    "tolist": lambda: (lambda x: lambda: x.tolist())(tensor()),
    "tensor(list)": lambda: (lambda x: lambda: torch.tensor(x))(tensor().tolist()),
    "tensor(numpy)": lambda: (lambda x: lambda: torch.tensor(x))(np.ones((4, ROWS, ROWS))),
    "repr": lambda: (lambda x: lambda: repr(x))(tensor()),
    "in": lambda: (lambda x: lambda: 17.0 in x)(tensor()),
    "allclose": lambda: (lambda x: lambda: torch.allclose(x, x))(tensor()),
    "equal": lambda: (lambda x: lambda: torch.equal(x, x))(tensor()),
    "half": lambda: (lambda x: lambda: x.half())(tensor()),
    "complex abs": lambda: (lambda x: lambda: torch.complex(x, x).abs())(tensor()),
    "unique": lambda: (lambda x: lambda: x.unique())(tensor()),
    "sort": lambda: (lambda x: lambda: x.sort())(tensor()),
    "quantile": lambda: (lambda x: lambda: x.quantile(0.3, dim=1))(tensor()),
    "softmax": lambda: (lambda x: lambda: F.softmax(x, 1))(tensor()),
    "conv2d": lambda: (lambda x, w: lambda: F.conv2d(x, w))(inputs("images")(), torch.ones(16, 16, 3, 3)),
    "interpolate": lambda: (lambda x: lambda: F.interpolate(x, scale_factor=2))(inputs("images")()),
    "deepcopy": lambda: (lambda x: lambda: __import__("copy").deepcopy(x))(tensor()),
    "backward": lambda: (lambda loss: lambda: loss.backward())(with_gradients()),
    "SGD": lambda: optimizer(torch.optim.SGD).step,
    "Adam": lambda: optimizer(torch.optim.Adam).step,
    "Adagrad": lambda: optimizer(torch.optim.Adagrad).step,
    "clip_grad_norm_": lambda: (lambda o: lambda: torch.nn.utils.clip_grad_norm_(o.param_groups[0]["params"], 0.1))(
        optimizer(torch.optim.SGD)
    ),
    "save": lambda: (lambda x, path: lambda: torch.save(x, path))(tensor(), saved()),
    "load": lambda: (lambda path: lambda: torch.load(path))(saved()),
}


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_takes_long_leaves_the_interpreter(name: str) -> None:
    hold = longest_hold(OTHERS[name])
    assert hold < LIMIT, f"{name} keeps the interpreter for {hold * 1e3:.1f} ms"


def square() -> torch.Tensor:
    return torch.arange(8100.0, dtype=torch.float64).cos().reshape(90, 90) * 50


@pytest.mark.parametrize("name", [name for name, op in sorted(vars(_C._linalg).items()) if type(op) is _C.Op])
def test_small_matrices_leave_the_interpreter(name: str) -> None:
    op = getattr(_C._linalg, name)
    for declaration in op._declarations.split("\n"):
        made = arguments(declaration, square)
        try:
            op(*(made or []))
        except (TypeError, ValueError, RuntimeError, IndexError):
            continue
        hold = longest_hold(lambda made=made: lambda: op(*made))
        assert hold < LIMIT, f"{name} of matrices of 90 rows keeps the interpreter for {hold * 1e3:.1f} ms"
        return
    pytest.skip("square matrices do not fit")


ON_A_GPU: dict[str, Callable[[torch.Tensor], Callable[[], object]]] = {
    "item": lambda x: (x @ x).sum().item,
    "tolist": lambda x: (x @ x)[0].tolist,
    "cpu": lambda x: (x @ x).cpu,
    "to": lambda x: lambda: x.cpu().to(x.device),
    "x[mask]": lambda x: lambda: x[x > 0.5],
    "on the host": lambda x: lambda: x.double().median(),
    "bool": lambda x: lambda: bool((x @ x).any()),
    "repr": lambda x: lambda: repr(x @ x),
}


@pytest.mark.parametrize("name", ON_A_GPU)
def test_waits_for_a_gpu_leave_the_interpreter(gpu: str, name: str) -> None:
    x = tensor()[:700, :700].to(gpu)
    ON_A_GPU[name](x)()
    hold = longest_hold(lambda: ON_A_GPU[name](x))
    assert hold < LIMIT, f"{name} keeps the interpreter for {hold * 1e3:.1f} ms"


def test_a_hold_is_seen() -> None:
    assert longest_hold(lambda: lambda: sum(range(40_000_000))) > LIMIT
