"""Writes the table of docs/gpu.md: which calls a GPU computes itself, by dtype, and which the host computes for it.

Each call is made on the GPU, whose counts then tell. `python tools/gpu_table.py` rewrites the page; a test compares.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import ferrotorch as torch
from ferrotorch.nn import functional

PAGE = Path(__file__).parents[1] / "docs" / "gpu.md"
BEGIN, END = "<!-- table: tools/gpu_table.py -->", "<!-- end of the table -->"

DTYPES = [
    *["bool", "uint8", "int8", "int16", "int32", "int64"],
    *["float16", "bfloat16", "float32", "float64", "complex64", "complex128"],
]
GPU = "wgpu"

Call = Callable[[torch.Tensor], object]


def step(make: Callable[[list[torch.Tensor]], torch.optim.Optimizer], x: torch.Tensor) -> None:
    """A step of an optimizer for a tensor and its gradient."""
    parameter = x.detach().clone().requires_grad_()
    parameter.grad = x.clone()
    make([parameter]).step()


def positions(x: torch.Tensor) -> torch.Tensor:
    """Indices of the shape of a tensor."""
    return torch.zeros(x.shape, dtype=torch.int64, device=x.device)


def image(x: torch.Tensor) -> torch.Tensor:
    """A matrix as a batch of one image of one channel."""
    return x.reshape(1, 1, *x.shape)


CALLS: dict[str, Call] = {
    "`zeros`, `full`, `clone`, `cat`": lambda x: torch.cat([x.clone(), torch.zeros_like(x)]),
    "conversion to float32": lambda x: x.to(torch.float32),
    "`arange`": lambda x: torch.arange(3, dtype=x.dtype, device=GPU),
    "`linspace`": lambda x: torch.linspace(0, 3, 4, dtype=x.dtype, device=GPU),
    "`+`, `*`, `where`": lambda x: torch.where(x == x, x * x, x),
    "`sqrt`, `/`": lambda x: x.sqrt() / x,
    "`exp`, `sin`, `tanh`, `erf` ...": lambda x: x.exp().sin(),
    "`i0`, `ndtri`, `zeta`, polynomials ...": lambda x: torch.special.zeta(torch.special.i0(x) + 1, 2.0),
    "`bessel_j0`, `bessel_y0`, `airy_ai` ...": lambda x: torch.special.bessel_j0(x),
    "`sum`, `prod`, `mean`": lambda x: (x.sum(0), x.prod(0)),
    "`amax`, `argmax`": lambda x: (x.amax(0), x.argmax(0)),
    "`any`, `all`, `count_nonzero`": lambda x: (x.any(), x.count_nonzero()),
    "`var`, `std`, `norm`": lambda x: (x.var(0), x.norm()),
    "`logsumexp`": lambda x: x.logsumexp(0),
    "`cumsum`, `cumprod`": lambda x: (x.cumsum(0), x.cumprod(0)),
    "`cummax`, `cummin`": lambda x: (x.cummax(0), x.cummin(0)),
    "`logcumsumexp`": lambda x: x.logcumsumexp(0),
    "`sort`, `argsort`, `unique`, `median`": lambda x: x.sort(0),
    "`topk`": lambda x: x.topk(2),
    "`searchsorted`, `bucketize`": lambda x: torch.searchsorted(x[0], x),
    "`nonzero`, `x[mask]`, `masked_select`": lambda x: x[x != 0],
    "`tril`, `triu`": lambda x: x.tril(),
    "`gather`, `x[index]`, `embedding`": lambda x: x.gather(0, positions(x)),
    "`scatter`, `x[index] = y`": lambda x: x.scatter(0, positions(x), x),
    "`scatter_add`, gradient of `embedding`": lambda x: x.scatter_add(0, positions(x), x),
    "`rand`": lambda x: torch.empty_like(x).uniform_(),
    "`randn`, `exponential_`, `cauchy_` ...": lambda x: torch.empty_like(x).normal_(),
    "`randint`, `bernoulli`": lambda x: (
        torch.randint(0, 2, (3,), dtype=x.dtype, device=GPU),
        x.clone().bernoulli_(0.5),
    ),
    "`poisson`, `binomial`, gamma": lambda x: torch.poisson(x),
    "`randperm`": lambda x: torch.randperm(4, dtype=x.dtype, device=GPU),
    "`@`, `linear`": lambda x: functional.linear(x @ x, x),
    "convolution": lambda x: functional.conv2d(image(x), image(x[:2, :2])),
    "`max_pool2d`, `avg_pool2d`": lambda x: (functional.max_pool2d(image(x), 2), functional.avg_pool2d(image(x), 2)),
    "`softmax`, `layer_norm`": lambda x: functional.layer_norm(x.softmax(1), (4,)),
    "`batch_norm`, `group_norm`": lambda x: functional.batch_norm(x, None, None, training=True),
    "`scaled_dot_product_attention`": lambda x: functional.scaled_dot_product_attention(x[None], x[None], x[None]),
    "the same with masks, dropout, heads in groups": lambda x: functional.scaled_dot_product_attention(
        x.expand(1, 2, 4, 4), x[None, None], x[None, None], torch.ones(4, 4, device=GPU) > 0, 0.1, enable_gqa=True
    ),
    "`cross_entropy`": lambda x: functional.cross_entropy(x, positions(x)[0]),
    "`interpolate`, `grid_sample`": lambda x: functional.grid_sample(
        functional.interpolate(image(x), scale_factor=2.0, mode="bilinear"), x.reshape(1, 2, 4, 2)
    ),
    "`SGD`, `Adam`, `AdamW`, `RMSprop`, `Adagrad`": lambda x: step(torch.optim.Adam, x),
    "`torch.fft`": lambda x: torch.fft.fft(x),
    "`torch.linalg`": lambda x: torch.linalg.inv(x),
}


def where(call: Call, dtype: str) -> str:
    """Where a call with a dtype is computed; a dash where it takes none such."""
    matrix = torch.tensor([[2, 1, 1, 1], [1, 3, 1, 1], [1, 1, 4, 1], [1, 1, 1, 5]])
    x = matrix.to(getattr(torch, dtype)).to(GPU)
    before = torch.wgpu.stats()
    try:
        call(x)
        torch.wgpu.synchronize()
    except (RuntimeError, TypeError, ValueError, NotImplementedError):
        return "-"
    return "host" if torch.wgpu.stats().since(before).fallbacks else "GPU"


def table() -> str:
    """The table as Markdown; dtypes that share an answer share a cell's word."""
    head = f"| call | {' | '.join(DTYPES)} |\n|{'---|' * (len(DTYPES) + 1)}\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [f"| {name} | {' | '.join(where(call, dtype) for dtype in DTYPES)} |\n" for name, call in CALLS.items()]
    return head + "".join(rows)


def rewritten(page: str) -> str:
    """The page with a new table."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    if not torch.wgpu.is_available():
        sys.exit("there is no GPU")
    PAGE.write_text(rewritten(PAGE.read_text()))
