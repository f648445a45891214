"""Whether a result agrees with the recorded one: dtype, shape and values within the dtype's tolerance."""

from typing import Any

import codec
import numpy as np

TOLERANCE = {  # (rtol, atol) by dtype
    "float16": (4e-3, 4e-3),
    "bfloat16": (3e-2, 3e-2),
    "float32": (2e-4, 2e-5),
    "float64": (1e-7, 1e-8),
    "complex64": (2e-4, 2e-5),
    "complex128": (1e-7, 1e-8),
}


class Wrong(Exception):
    """The module answered, but not as recorded; the outcome (see `run.py`) and the detail."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(outcome, detail)
        self.outcome, self.detail = outcome, detail


def widen(array: np.ndarray, name: str) -> np.ndarray:
    """Numbers of any dtype as ones that NumPy can compare: float64 and complex128."""
    if name == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return array.astype(np.complex128 if np.iscomplexobj(array) else np.float64) if name in TOLERANCE else array


def agree(have: np.ndarray, want: np.ndarray, name: str, slack: float) -> np.ndarray:
    if name not in TOLERANCE:
        return np.asarray(have == want)
    rtol, atol = (slack * t for t in TOLERANCE[name])
    scale = np.nanmax(np.abs(want[np.isfinite(want)]), initial=0.0) if want.size else 0.0
    return np.isclose(have, want, rtol=rtol, atol=atol + rtol * 0.02 * scale, equal_nan=True)


def compare(
    torch: Any, got: Any, record: list[Any], check: str | None = None, slack: float = 1.0, outcome: str = "value"
) -> None:
    """Raise Wrong unless tensor `got` has the recorded dtype, shape and values."""
    if not isinstance(got, torch.Tensor):
        raise Wrong("value", f"a {type(got).__name__}, not a tensor")
    name, shape = record[0], tuple(record[1])
    if codec.dtype_name(got.dtype) != name:
        raise Wrong("dtype", f"{codec.dtype_name(got.dtype)}, want {name}")
    if tuple(got.shape) != shape:
        raise Wrong("shape", f"{tuple(got.shape)}, want {shape}")
    if check == "shape":
        return
    want, have = widen(codec.decode_array(record[:3]), name), widen(codec.to_numpy(torch, got), name)
    if check == "abs":
        want, have = np.abs(want), np.abs(have)
    good = agree(have, want, name, slack)
    if not good.all():
        bad = tuple(np.argwhere(~good)[0]) if good.ndim else ()
        where = [int(i) for i in bad]
        raise Wrong(outcome, f"at {where}: {have[bad]}, want {want[bad]} ({int((~good).sum())} of {good.size})")


def flatten(out: Any) -> list[Any]:
    if isinstance(out, tuple | list):
        return [leaf for o in out for leaf in (flatten(o) if isinstance(o, tuple | list) else [o])]
    return [out]


def compare_all(
    torch: Any, out: Any, recorded: list[Any], check: str | None = None, slack: float = 1.0, outcome: str = "value"
) -> None:
    got = flatten(out)
    if len(got) != len(recorded):
        raise Wrong("shape", f"{len(got)} results, want {len(recorded)}")
    for g, r in zip(got, recorded, strict=True):
        if isinstance(r, dict) and "T" in r:
            compare(torch, g, r["T"], check, slack, outcome)
        else:
            want = codec.decode(torch, r)
            if type(g) is not type(want) or not (g == want or np.isclose(g, want, rtol=1e-5)):
                raise Wrong("value", f"{g!r}, want {want!r}")


def compare_grads(torch: Any, leaves: list[Any], out: Any, recorded: list[Any], slack: float = 10.0) -> None:
    outs = [t for t in codec.tensors_in(torch, out) if t.requires_grad and (t.is_floating_point() or t.is_complex())]
    seeds = [torch.from_numpy(codec.cotangent(tuple(o.shape), o.is_complex())).to(o.device, o.dtype) for o in outs]
    try:
        grads = torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
    except Exception as e:
        raise Wrong("grad", f"{type(e).__name__}: {str(e)[:150]}") from None
    for grad, record in zip(grads, recorded, strict=True):
        if record is None:
            continue
        if grad is None:
            raise Wrong("grad", "no gradient")
        try:
            compare(torch, grad, record["T"], slack=slack)
        except Wrong as wrong:
            raise Wrong("grad", f"{wrong.outcome} {wrong.detail}") from None
