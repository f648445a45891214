"""A table of a model's layers: shapes, parameters, memory and floating-point operations."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.utils.flop_counter import FlopCounterMode

__all__ = ["Layer", "Summary", "summary"]


@dataclass
class Layer:
    """One call of a module.

    Attributes:
        path: its name in the model, empty for the model itself.
        kind: its class.
        output: the shapes of its results, as text.
        parameters: the elements of its own parameters, 0 where an earlier row has counted them.
        flops: the floating-point operations of the module with its children.
        output_bytes: the memory of its results, 0 for those of its children that it passes on.
    """

    path: str
    kind: str
    output: str
    parameters: int
    flops: int
    output_bytes: int

    @property
    def depth(self) -> int:
        """How deep it lies in the model."""
        return self.path.count(".") + 1 if self.path else 0


class Summary:
    """What :func:`summary` found; ``print`` shows the table.

    Attributes:
        layers: a :class:`Layer` for each call, outer ones before inner ones.
        parameters: elements of all parameters, each counted once.
        trainable: those of them that a gradient is wanted for.
        parameter_bytes: memory of parameters and buffers.
        activation_bytes: memory of what the layers return, which a training step keeps.
        flops: floating-point operations of a forward pass.
    """

    def __init__(self, model: nn.Module, layers: list[Layer], flops: int, depth: int) -> None:
        self.layers, self.flops, self._depth = layers, flops, depth
        self.parameters = sum(p.numel() for p in model.parameters())
        self.trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        held = [*model.parameters(), *model.buffers()]
        self.parameter_bytes = sum(tensor.numel() * tensor.element_size() for tensor in held)
        self.activation_bytes = sum(layer.output_bytes for layer in layers)

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("layer", "output", "parameters", "FLOPs")]
        for layer in self.layers:
            if layer.depth <= self._depth:
                name = f"{layer.path.rpartition('.')[2]} ({layer.kind})" if layer.path else layer.kind
                title = "  " * layer.depth + name
                rows.append((title, layer.output, f"{layer.parameters:,}", _amount(layer.flops, "")))
        return rows

    def _totals(self) -> list[str]:
        return [
            f"parameters {self.parameters:,}, of them trainable {self.trainable:,}",
            f"memory: parameters and buffers {_amount(self.parameter_bytes, 'B')}, activations "
            f"{_amount(self.activation_bytes, 'B')}",
            f"FLOPs of a forward pass: {_amount(self.flops, '')}",
        ]

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3])]
            )
            for row in rows
        ]
        rule = "-" * (sum(widths) + 6)
        return "\n".join([lines[0], rule, *lines[1:], rule, *self._totals()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body = self._rows()
        lines = ["".join(f"<th style='text-align:left'>{html.escape(cell)}</th>" for cell in head)]
        for row in body:
            indent = len(row[0]) - len(row[0].lstrip())
            cells = [f"<td style='text-align:left;padding-left:{indent}em'>{html.escape(row[0].strip())}</td>"]
            lines.append("".join([*cells, *(f"<td>{html.escape(cell)}</td>" for cell in row[1:])]))
        table = "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"
        return table + "<br>".join(map(html.escape, self._totals()))


def summary(model: nn.Module, input: Any, *, depth: int = 3) -> Summary:
    """Run a model once, in evaluation mode and without gradients, and tell what its layers do.

    Args:
        model: the model; it is left as it was.
        input: a tensor, a tuple of tensors (arguments) or a dict of them (keywords). A shape, as a tuple of integers,
            may stand for each: for zeros of the model's dtype and device.
        depth: how deep below the model the table goes.

    FLOPs are those of matrix products, convolutions and attention, see
    :class:`ferrotorch.utils.flop_counter.FlopCounterMode`. ``device="meta"`` models need no memory.

    Raises:
        TypeError: ``model`` is no module.
        Exception: what the model raises, with a note that names the layer.
    """
    if not isinstance(model, nn.Module):
        what = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(f"summary: model must be an nn.Module, got {what}")
    args, kwargs = _arguments(model, input)
    rows: list[Layer] = []
    counter, root = FlopCounterMode(display=False), type(model).__name__
    with _evaluating(model), torch.no_grad(), _watching(model, rows), counter:
        model(*args, **kwargs)
    counts = {name: sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    for row in rows:
        row.flops = counts.get(f"{root}.{row.path}" if row.path else root, 0)
    return Summary(model, rows, counter.get_total_flops(), depth)


def _arguments(model: nn.Module, input: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    parameter = next((p for p in model.parameters() if p.is_floating_point()), None)
    options: dict[str, Any] = {} if parameter is None else {"dtype": parameter.dtype, "device": parameter.device}

    def made(value: Any) -> Any:
        return torch.zeros(tuple(value), **options) if _is_shape(value) else value

    if isinstance(input, dict):
        return (), {name: made(value) for name, value in input.items()}
    several = isinstance(input, (tuple, list)) and not _is_shape(input)
    return tuple(map(made, input if several else [input])), {}


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and bool(value) and all(isinstance(size, int) for size in value)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for every module, and each in its own mode at the end."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def _watching(model: nn.Module, rows: list[Layer]) -> Iterator[None]:
    """Append a row for each call of a module."""
    running: list[tuple[Layer, set[int]]] = []
    counted: set[int] = set()
    handles = []
    for path, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(_before(path, rows, running, counted)))
        handles.append(module.register_forward_hook(_after(running)))
    try:
        yield
    except Exception as error:
        if running:
            error.add_note(f"summary: in layer {running[-1][0].path or '(the model)'!r} ({running[-1][0].kind})")
        raise
    finally:
        for handle in handles:
            handle.remove()


def _before(path: str, rows: list[Layer], running: list[tuple[Layer, set[int]]], counted: set[int]) -> Any:
    def hook(module: nn.Module, args: Any) -> None:
        own = [p for p in module.parameters(recurse=False) if id(p) not in counted]
        counted.update(map(id, own))
        rows.append(Layer(path, type(module).__name__, "", sum(p.numel() for p in own), 0, 0))
        running.append((rows[-1], set()))

    return hook


def _after(running: list[tuple[Layer, set[int]]]) -> Any:
    def hook(module: nn.Module, args: Any, output: Any) -> None:
        row, passed_on = running.pop()
        tensors = list(_tensors(output))
        row.output = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
        # What a child returned, or a view of the input, is no memory of this module.
        seen = passed_on | {_address(tensor) for tensor in _tensors(args)}
        fresh = [tensor for tensor in tensors if _address(tensor) not in seen]
        row.output_bytes = sum(tensor.numel() * tensor.element_size() for tensor in fresh)
        if running:
            running[-1][1].update(map(_address, tensors))

    return hook


def _address(tensor: torch.Tensor) -> int:
    """What tells storages apart; tensors without memory are told apart by themselves."""
    return id(tensor) if tensor.is_meta else tensor.untyped_storage().data_ptr()


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(tuple(value.values()))


def _amount(value: float, unit: str) -> str:
    prefix = ""
    for prefix in ("", "k", "M", "G", "T"):
        if value < 1000 or prefix == "T":
            break
        value /= 1000
    number = f"{value:.2f}" if prefix else f"{value:.0f}"
    return f"{number} {prefix}{unit}".rstrip()
