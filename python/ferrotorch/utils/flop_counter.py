"""How many floating-point operations a program takes: those of its matrix products, convolutions and attention.

A multiplication and an addition count as two. Forward and backward passes are counted by what the core launches, in all
and for the modules that it is launched for.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import OpOverload, OpOverloadPacket, aten
from ferrotorch.autograd.graph import register_multi_grad_hook
from ferrotorch.utils._python_dispatch import TorchDispatchMode
from ferrotorch.utils._pytree import tree_leaves

__all__ = ["FlopCounterMode", "register_flop_formula"]

_SUFFIXES = ["", "K", "M", "B", "T"]


def _attention(query: Any, key: Any, value: Any, *args: Any, out_val: Any, **kwargs: Any) -> int:
    """Two products: of queries and keys, and of what comes of that and the values."""
    *batch, rows, width = query.shape
    columns, depth = value.shape[-2:]
    return 2 * math.prod(batch) * rows * columns * (width + depth)


#: Formulas for ops that count nothing by themselves, by op.
flop_registry: dict[Any, Callable[..., int]] = {aten._scaled_dot_product_flash_attention_for_cpu: _attention}


def register_flop_formula(targets: Any, get_raw: bool = False) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """A decorator: the function tells what ``targets`` (an op of ``torch.ops.aten``, or a list) cost.

    It is called with the shapes of the arguments' tensors in the place of these, and with the shape of the result as
    ``out_shape``; with ``get_raw`` with the tensors themselves and ``out_val``.
    """

    def register(formula: Callable[..., int]) -> Callable[..., int]:
        for target in targets if isinstance(targets, (list, tuple)) else [targets]:
            if not isinstance(target, OpOverloadPacket):
                raise ValueError(
                    f"register_flop_formula(targets): expected each target to be OpOverloadPacket, got {target}"
                )
            flop_registry[target] = formula if get_raw else _of_shapes(formula)
        return formula

    return register


def _of_shapes(formula: Callable[..., int]) -> Callable[..., int]:
    def raw(*args: Any, out_val: Any, **kwargs: Any) -> int:
        named = {name: _shape(value) for name, value in kwargs.items()}
        return formula(*map(_shape, args), out_shape=_shape(out_val), **named)

    return raw


def _shape(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and any(isinstance(x, torch.Tensor) for x in value):
        return type(value)(map(_shape, value))
    return value.shape if isinstance(value, torch.Tensor) else value


class FlopCounterMode(TorchDispatchMode):
    """A context that counts floating-point operations, in all and by module.

    Args:
        mods: Not needed: every module is looked at while it runs.
        depth: Levels of modules that the table shows.
        display: Print the table at the end.
        custom_mapping: Formulas by op of ``torch.ops.aten``, instead of what the core would count for these.
    """

    def __init__(
        self, mods: Any = None, depth: int = 2, display: bool = True, custom_mapping: dict[Any, Any] | None = None
    ) -> None:
        super().__init__()
        if mods is not None:
            warnings.warn("mods argument is not needed anymore, you can stop passing it", stacklevel=2)
        self.depth, self.display = depth, display
        custom = {op: f if getattr(f, "_get_raw", False) else _of_shapes(f) for op, f in (custom_mapping or {}).items()}
        self.flop_registry = {**flop_registry, **custom}
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self._record = _C._LaunchRecord()
        self._inside = ["Global"]
        self._undo: list[Any] = []

    def get_total_flops(self) -> int:
        """All that was counted."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """What was counted for each op, by the names of modules and for all together as ``"Global"``."""
        return {name: dict(counts) for name, counts in self.flop_counts.items()}

    def get_table(self, depth: int | None = None) -> str:
        """The counts as text."""
        depth = self.depth if depth is None else depth
        total, rows = self.get_total_flops() or 1, [("Module", "FLOP", "% Total")]
        for name, counts in sorted(self.flop_counts.items(), key=lambda item: (item[0] != "Global", item[0])):
            level = 0 if name == "Global" else name.count(".") + 1
            if level > depth:
                continue
            rows.append((" " * level + name, *_amount(sum(counts.values()), total)))
            rows += [(f"{' ' * level} - {op}", *_amount(n, total)) for op, n in counts.items()]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = ["  ".join([r[0].ljust(widths[0]), r[1].rjust(widths[1]), r[2].rjust(widths[2])]) for r in rows]
        return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])

    def __enter__(self) -> Self:
        from ferrotorch.nn.modules import hook_tables

        self.flop_counts.clear()
        self._names: dict[int, str] = {}
        self._undo = [
            hook_tables.register_module_forward_pre_hook(self._enter_module),
            hook_tables.register_module_forward_hook(self._leave_module, always_call=True),
        ]
        self._record.start()
        super().__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._record.stop()
        self._collect()
        for handle in self._undo:
            handle.remove()
        if self.display:
            print(self.get_table())

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        formula = self.flop_registry.get(func.overloadpacket if isinstance(func, OpOverload) else func)
        if formula is None:
            return func(*args, **kwargs)
        with self._not_counting():
            result = func(*args, **kwargs)
        self._count({func.overloadpacket: formula(*args, **kwargs, out_val=result)})
        return result

    @contextmanager
    def _not_counting(self) -> Iterator[None]:
        self._collect()
        yield
        self._record.drain()

    def _collect(self) -> None:
        """Count what was launched since the last time for the modules that are running."""
        counts: dict[Any, int] = defaultdict(int)
        for name, _, _, flops, *_ in self._record.drain():
            if flops:
                counts[aten._packet(name)] += flops
        self._count(counts)

    def _count(self, counts: dict[Any, int]) -> None:
        for name in dict.fromkeys(self._inside):
            for op, flops in counts.items():
                self.flop_counts[name][op] += flops

    def _enter_module(self, module: Any, args: Any) -> None:
        self._collect()
        if len(self._inside) == 1:
            root = type(module).__name__
            names = {id(m): f"{root}.{path}" if path else root for path, m in module.named_modules()}
            self._names.update(names)
        name = self._names.get(id(module), type(module).__name__)
        self._inside.append(name)
        # The gradients of all inputs are there when a backward pass leaves the module; those of all outputs, when it
        # enters.
        if tensors := _differentiable(args):
            register_multi_grad_hook(tensors, lambda grads: self._leave_in_backward(name))

    def _leave_module(self, module: Any, args: Any, output: Any) -> None:
        self._collect()
        if len(self._inside) > 1:
            name = self._inside.pop()
            if tensors := _differentiable(output):
                register_multi_grad_hook(tensors, lambda grads: self._enter_in_backward(name))

    def _enter_in_backward(self, name: str) -> None:
        self._collect()
        if len(self._inside) == 1:
            _C._call_after_walk(self._end_backward)
        self._inside.append(name)

    def _leave_in_backward(self, name: str) -> None:
        self._collect()
        if name in self._inside:
            self._inside.remove(name)

    def _end_backward(self, complete: bool) -> None:
        self._collect()
        del self._inside[1:]


def _differentiable(value: Any) -> list[torch.Tensor]:
    """The tensors in arguments or results through which a gradient goes."""
    return [tensor for tensor in tree_leaves(value) if isinstance(tensor, torch.Tensor) and tensor.requires_grad]


def _amount(flops: int, total: int) -> tuple[str, str]:
    index = 0
    while index < len(_SUFFIXES) - 1 and flops >= 1000 ** (index + 1):
        index += 1
    text = f"{flops / 1000**index:.3f}{_SUFFIXES[index]}" if index else str(flops)
    return text, f"{100 * flops / total:.2f}%"
