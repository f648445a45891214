"""Calls every public op with hostile arguments. As a program: a worker that logs each call before it makes it.

    python hostile.py LOG SEED ROUNDS PART PARTS

A line `call NAME SEED` is in the log before the call; the last one names the call that ended a worker.
What a call raised that it may not raise is a line `bad ...`. `replay(NAME, SEED)` makes the same call again.
"""

import functools
import inspect
import random
import re
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ferrotorch as torch
import ferrotorch.nn.functional as F

ALLOWED = (
    RuntimeError,
    TypeError,
    ValueError,
    IndexError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    BufferError,  # what the protocol of DLPack asks for
)
# PyTorch asserts in these, so do we.
ASSERTING = {"functional.embedding", "functional.multi_head_attention_forward"}
# These change the process, wait for nobody, or take a callback.
SKIPPED = {
    "set_num_threads",
    "set_num_interop_threads",
    "set_default_tensor_type",
    "set_flush_denormal",
    "set_warn_always",
    "set_printoptions",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "use_deterministic_algorithms",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "install_as_torch",
    "compile",
    "save",
    "load",
    "set_default_dtype",
    "set_default_device",
    "set_rng_state",
    "set_anomaly_enabled",
    "set_grad_enabled",
}
SKIPPED |= {"seed", "manual_seed", "backward", "apply_", "map_"}
SIZES = [0, 1, 2, 3, 5]
HUGE = [-1, -2, -7, 2**31, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63), 2**63, 2**70]
SHAPES = [
    (),
    (0,),
    (1,),
    (3,),
    (5,),
    (2, 3),
    (3, 2),
    (3, 3),
    (0, 3),
    (2, 0, 3),
    (2, 3, 4),
    (1, 3, 1),
    (2, 3, 5, 5),
    (1, 2, 3, 4, 5),
    (2**40, 3, 0),
    (3, 0, 2**40),
]
DTYPES = [torch.float32] * 6 + [
    torch.float64,
    torch.float64,
    torch.int64,
    torch.int64,
    torch.int64,
    torch.bool,
    torch.float16,
]
DTYPES += [torch.bfloat16, torch.complex64, torch.complex128, torch.uint8, torch.int8, torch.int16, torch.int32]
SPECIAL = [float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e300, -1e-300, 1e38]
WORDS = [
    "",
    "x",
    "mean",
    "sum",
    "none",
    "constant",
    "reflect",
    "circular",
    "replicate",
    "cpu",
    "wgpu",
    "meta",
    "amax",
    "prod",
    "bilinear",
]


def tensor(r: random.Random) -> torch.Tensor:
    shape, dtype = r.choice(SHAPES), r.choice(DTYPES)
    values = torch.tensor([r.choice([-3, -1, 0, 1, 2, 4]) for _ in range(max(1, torch.Size(shape).numel()))])
    x = values[: torch.Size(shape).numel()].reshape(shape).to(dtype)
    if r.random() < 0.2 and (dtype.is_floating_point or dtype.is_complex) and x.numel():
        x.view(-1)[r.randrange(x.numel())] = r.choice(SPECIAL)
    if r.random() < 0.1 and not dtype.is_floating_point and dtype != torch.bool and x.numel():
        x.view(-1)[0] = torch.iinfo(dtype).min if not dtype.is_complex else 7
    if r.random() < 0.25 and x.ndim:
        x = r.choice([lambda: x.transpose(0, -1), lambda: x[..., ::2], lambda: x.expand(2, *shape), lambda: x[1:]])()
    if r.random() < 0.25 and (dtype.is_floating_point or dtype.is_complex):
        x = x.detach().requires_grad_()
    return x


def integer(r: random.Random) -> int:
    return r.choice(SIZES if r.random() < 0.7 else HUGE)


def indices(r: random.Random) -> torch.Tensor:
    shape = r.choice([(), (1,), (2,), (3,), (5,), (0,), (1, 3), (2, 3)])
    index = torch.tensor([r.choice([0, 0, 1, 1, 2, 4, -1]) for _ in range(max(1, torch.Size(shape).numel()))])
    index = index[: torch.Size(shape).numel()].reshape(shape).to(r.choice([torch.int64, torch.int64, torch.int32]))
    return index.expand(2**40, *shape) if r.random() < 0.05 else index


def integers(r: random.Random) -> Any:
    return r.choice([list, tuple])([integer(r) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4]))])


def tensors(r: random.Random) -> Any:
    return r.choice([list, tuple])([tensor(r) for _ in range(r.choice([0, 1, 2, 3]))])


def number(r: random.Random) -> Any:
    return r.choice([0, 1, 2, -1, 0.5, -0.0, 1.5, *SPECIAL, True, 1j, complex("nan"), 2**63, -(2**63)])


def odd(r: random.Random) -> Any:
    return r.choice(
        [None, "", "x", b"", object(), Ellipsis, slice(None), {}, {"a": 1}, [[1], [2, 3]], int, torch, lambda *a: None]
    )


def word(r: random.Random) -> str:
    return r.choice(WORDS)


def dtype(r: random.Random) -> Any:
    return r.choice([*DTYPES, None, float, int, bool, "float32"])


def boolean(r: random.Random) -> bool:
    return r.random() < 0.5


Maker = Callable[[random.Random], Any]
ANY: list[Maker] = [tensor, tensor, integer, integers, tensors, number, odd, word, dtype, boolean]

# What a parameter of this name usually takes.
BY_NAME: list[tuple[str, list[Maker]]] = [
    (r"^tensors$|^operands$|arrays", [tensors, tensors, tensor]),
    (
        r"^(dims?|axis|axes|dim\d|diagonal|offset|correction|k|n|r|steps|start_dim|end_dim|groups|num_.*|bins|repeats|shifts|window)$",
        [integer, integer, integers],
    ),
    (
        r"size|shape|stride|padding|pad$|kernel|dilation|output_|split|sections|scale_factor",
        [integers, integers, integer],
    ),
    (r"^ind(ex|ices)$", [indices, indices, tensor]),
    (r"^divisor_override$|^count$", [integer, number]),
    (r"dtype", [dtype]),
    (r"device|layout|generator", [odd, word]),
    (r"mode|reduction|reduce|rounding|indexing|equation|side|interp|approx|descr", [word]),
    (
        r"keepdim|descending|stable|sorted|largest|unbiased|training|inplace|ceil_mode|return_|include|log_target|full|right|causal",
        [boolean],
    ),
    (
        r"alpha|beta|value|eps|momentum|^p$|lambd|negative_slope|threshold|lower|upper|min|max|end$|start$|margin|delta|low|high|std|mean",
        [number, number, tensor],
    ),
]


def windows(r: random.Random) -> dict[str, Any]:
    """Sizes of sliding windows that go with each other: so large that their products wrap, or one less or more."""
    base = 2 ** r.choice([1, 2, 20, 31, 32, 33, 47, 61, 62])
    kernel, dilation = r.choice([1, 2, 3, 3, base + 1]), r.choice([1, base // 2, base - 1, base])
    reach = dilation * (kernel - 1) + 1
    window = {
        "kernel_size": kernel,
        "stride": r.choice([1, 1, 2, base]),
        "padding": r.choice([0, reach // 2, (reach - 1) // 2, base // 2 - 1, reach - 2]),
        "dilation": dilation,
    }
    return {name: r.choice([size, [size], [1, size], [size, 1, size]]) for name, size in window.items()}


def makers(name: str) -> list[Maker]:
    for pattern, choices in BY_NAME:
        if re.search(pattern, name):
            return choices
    return [tensor, tensor, tensor, number]


def signatures(call: Any) -> list[list[str]]:
    """The parameter names of each overload, as the docstring or the signature gives them."""
    lines = [line for line in (getattr(call, "__doc__", "") or "").splitlines() if re.match(r"^\w+\(.*\)", line)]
    if lines and type(call).__name__ == "Op":
        names = [
            [
                part.split("=")[0].split(":")[0].strip()
                for part in line[line.index("(") + 1 : line.rindex(")")].split(",")
            ]
            for line in lines
        ]
        return [[n.lstrip("*") for n in ns if re.match(r"^\*?\w+$", n)] for ns in names]
    try:
        return [[p.name for p in inspect.signature(call).parameters.values()]]
    except (ValueError, TypeError):
        return [["input", "other", "dim"]]


def arguments(call: Any, r: random.Random) -> tuple[list[Any], dict[str, Any]]:
    names = [n for n in r.choice(signatures(call)) if n != "out"]
    count = len(names) if r.random() < 0.3 else r.randint(0, len(names) + 1)
    args, kwargs = [], {}
    together = windows(r) if {"padding", "stride"} <= {*names} and r.random() < 0.5 else {}
    for i in range(count):
        name = names[i] if i < len(names) else "extra"
        choices = makers(name) if r.random() < 0.85 else ANY
        value = together[name] if name in together else r.choice(choices)(r)
        if (kwargs or r.random() < 0.1) and name not in {"extra", "self", "input", "args", "kwargs"}:
            kwargs[name] = value
        elif not kwargs:
            args.append(value)
    if r.random() < 0.05:
        kwargs["out"] = r.choice([tensor, odd])(r)
    return args, kwargs


# Calls that ask for more than memory holds, beside what the draws find.
PINNED: dict[str, Callable[[], Any]] = {
    "pad": lambda: F.pad(torch.ones(1, 1, 2), (2**40, 0), mode="replicate"),
    "pad beyond addresses": lambda: F.pad(torch.ones(1, 1, 2), (2**62, 0), mode="replicate"),
    "tril_indices": lambda: torch.tril_indices(2**31, 2**31),
    "triu_indices": lambda: torch.triu_indices(2**63 - 1, 2**63 - 1, -(2**63)),
    "tensor_split": lambda: torch.ones(3).tensor_split(2**31),
    "hsplit": lambda: torch.empty(0).hsplit(2**33),
    "chunk": lambda: torch.empty(0).chunk(2**40),
    "split": lambda: torch.empty(0, 2**40).split(1, 1),
    "unbind": lambda: torch.empty(2**40, 0).unbind(),
    "index_put": lambda: torch.ones(3).index_put((torch.tensor([0]).expand(2**40),), torch.tensor(1.0)),
    "index_add": lambda: torch.ones(3).index_add(0, torch.tensor([0]).expand(2**40), torch.ones(1).expand(2**40)),
    "repeat_interleave": lambda: torch.ones(2).repeat_interleave(torch.tensor([2**62, 2**62])),
    "nonzero": lambda: torch.empty(2**40, 3, 0).nonzero(),
    "tolist": lambda: torch.empty(2**40, 3, 0).tolist(),
}


def public_ops() -> Iterator[tuple[str, Any]]:
    for where, module in (("torch", torch), ("functional", F), ("Tensor", torch.Tensor), ("special", torch.special)):
        for name in sorted(dir(module)):
            call = getattr(module, name)
            private = name.startswith("_") and not re.match(
                r"^__(getitem|setitem|i?add|sub|truediv|pow|matmul|and|lshift)__$", name
            )
            if private or name in SKIPPED or not callable(call) or isinstance(call, type) or inspect.ismodule(call):
                continue
            yield f"{where}.{name}", call


def fault(name: str, error: BaseException) -> str | None:
    """What is wrong with this exception of an op, if anything."""
    text = str(error)
    allowed = (*ALLOWED, AssertionError) if name in ASSERTING else ALLOWED
    if not isinstance(error, allowed):
        return f"{type(error).__name__} is not documented: {text[:200]}"
    if len(text) < 8:
        return f"{type(error).__name__} says too little: {text!r}"
    if any(word in text for word in ("panicked", "unwrap", "internal error")):
        return f"a panic became {type(error).__name__}: {text[:200]}"
    return None


def touch(result: Any) -> None:
    """Reads the result and runs its backward pass: what was made must also be sound."""
    if isinstance(result, (tuple, list)):
        for item in result:
            touch(item)
    elif isinstance(result, torch.Tensor) and result.numel() < 10_000:
        repr(result)
        if result.requires_grad and result.grad_fn is not None:
            real = torch.view_as_real(result) if result.is_complex() else result
            real.sum().backward()


def replay(name: str, seed: int) -> Any:
    """Makes one call; returns what it returned, or raises what it raised."""
    call = dict(public_ops())[name]
    r = random.Random(f"{name} {seed}")
    torch.manual_seed(seed)
    args, kwargs = arguments(call, r)
    return call(*args, **kwargs)


def describe(name: str, seed: int) -> str:
    args, kwargs = arguments(dict(public_ops())[name], random.Random(f"{name} {seed}"))

    def short(v: Any) -> str:
        if isinstance(v, torch.Tensor):
            return f"Tensor({list(v.shape)}, {v.dtype}, strides {v.stride()})"
        return f"[{', '.join(map(short, v))}]" if isinstance(v, (list, tuple)) else repr(v)

    return f"{name}({', '.join([*map(short, args), *(f'{k}={short(v)}' for k, v in kwargs.items())])})"


def work(log: Path, first: int, rounds: int, part: int, parts: int) -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    torch.set_num_threads(1)
    names = [name for name, _ in public_ops()][part::parts]
    calls = [
        (name, seed, functools.partial(replay, name, seed)) for name in names for seed in range(first, first + rounds)
    ]
    calls += [(f"pinned {name}", 0, call) for name, call in PINNED.items()][part::parts]
    with log.open("w", buffering=1) as out:
        for name, seed, call in calls:
            out.write(f"call {name} {seed}\n")
            try:
                touch(call())
            except BaseException as error:
                if (wrong := fault(name, error)) is not None:
                    out.write(f"bad {name} {seed} {' '.join(wrong.split())}\n")
        out.write("done\n")


if __name__ == "__main__":
    work(Path(sys.argv[1]), *map(int, sys.argv[2:6]))
