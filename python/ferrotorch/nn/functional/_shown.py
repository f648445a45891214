"""What the nodes of layers that are composed of ops show of their calls, as PyTorch's do (``grad_fn._saved_padding``).

Each of these takes the arguments of its function. A tensor among what it returns is saved by the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch._C import Tensor

_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


def _pair(given: int | Sequence[int]) -> tuple[int, ...]:
    return (given, given) if isinstance(given, int) else tuple(given)


def blocks(
    input: Tensor,
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> dict[str, Any]:
    """Of ``unfold``."""
    window = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    sizes = {"self_sym_argsize_minus_1": input.shape[-1], "self_sym_argsize_minus_2": input.shape[-2]}
    return {name: _pair(given) for name, given in window.items()} | sizes


def image(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Of ``fold``."""
    window = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    return {name: _pair(given) for name, given in window.items()}


def padding(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> dict[str, Any]:
    """Of ``pad`` with elements of the tensor."""
    return {"self": input, "padding": tuple(pad)}


def fractional(dims: int) -> Any:
    """Of fractional pooling over so many dimensions."""

    def shows(
        input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, *others: Any, **more: Any
    ) -> dict[str, Any]:
        if output_size is None:
            ratio = (output_ratio,) * dims if isinstance(output_ratio, float) else output_ratio
            output_size = tuple(int(n * r) for n, r in zip(input.shape[-dims:], ratio, strict=True))
        whole = {"kernel_size": kernel_size, "output_size": output_size}
        return {"self": input} | {k: (v,) * dims if isinstance(v, int) else tuple(v) for k, v in whole.items()}

    return shows


def unpooling(input: Tensor, indices: Tensor, *others: Any, **more: Any) -> dict[str, Any]:
    """Of ``max_unpool``."""
    return {"indices": indices}


def two_classes(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> dict[str, Any]:
    """Of losses of scores and targets."""
    return {"self": input, "target": target, "reduction": reduced(size_average, reduce, reduction)}


def margins(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> dict[str, Any]:
    """Of ``multi_margin_loss``."""
    how = {"p": p, "margin": margin, "weight": weight, "reduction": reduced(size_average, reduce, reduction)}
    return {"self": input, "target": target} | how


def reduced(size_average: Any, reduce: Any, reduction: str) -> int:
    """The number of a reduction."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    return _REDUCTIONS[reduction]


def resizing(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> dict[str, Any]:
    """Of ``interpolate``."""
    dims = input.dim() - 2
    given = (scale_factor,) * dims if scale_factor is None or isinstance(scale_factor, (int, float)) else scale_factor
    scales = [None if s is None or recompute_scale_factor else float(s) for s in given]
    names = ["scales"] if dims == 1 else [f"scales_{letter}" for letter in "dhw"[-dims:]]
    if size is None:
        size = [int(n * s) for n, s in zip(input.shape[2:], given, strict=True)]
    out = (size,) * dims if isinstance(size, int) else tuple(size)
    shown: dict[str, Any] = {"output_size": out, "self_sym_sizes": tuple(input.shape)} | dict(
        zip(names, scales, strict=True)
    )
    return shown if mode.startswith("nearest") else shown | {"align_corners": bool(align_corners)}
