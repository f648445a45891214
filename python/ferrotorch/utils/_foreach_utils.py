"""Lists of tensors as optimizers hand them to ops on many tensors."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__: list[str] = []

Tensor = _C.Tensor


def _group_tensors_by_device_and_dtype(
    tensorlistlist: list[list[Tensor | None]], with_indices: bool = False
) -> dict[tuple[_C.device, _C.dtype], tuple[list[list[Tensor | None]], list[int]]]:
    """Lists that belong together place by place, grouped by device and dtype of the first list's tensors.

    Args:
        tensorlistlist: The lists, of one length.
        with_indices: Give the places in the lists, too?
    """
    groups: dict[Any, tuple[list[list[Tensor | None]], list[int]]] = {}
    for place, tensors in enumerate(zip(*tensorlistlist, strict=True)):
        first = tensors[0]
        if first is None:
            raise RuntimeError("_group_tensors_by_device_and_dtype(): the first list has to have tensors only")
        lists, places = groups.setdefault((first.device, first.dtype), ([[] for _ in tensors], []))
        for own, tensor in zip(lists, tensors, strict=True):
            own.append(tensor)
        if with_indices:
            places.append(place)
    return groups


def _get_foreach_kernels_supported_devices() -> list[str]:
    return ["cpu", _C._gpu_kind()]


def _get_fused_kernels_supported_devices() -> list[str]:
    return ["cpu", _C._gpu_kind()]
