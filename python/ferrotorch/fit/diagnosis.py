"""Saying in one message why a step failed: shapes, labels, or where numbers stopped being finite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.fit.batches import map_tensors
from ferrotorch.fit.errors import FitError, NonFiniteError

__all__ = ["MISSING", "check_shapes", "explain", "first_bad_parameter", "not_finite"]

#: What stands for the output of a model that failed.
MISSING: Any = object()

# Losses that compare element by element, and would broadcast what does not fit without a word.
_ELEMENTWISE = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss")
_ELEMENTWISE_FUNCTIONS = (
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
)  # fmt: skip
_OF_CLASSES = ("CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss")


def _name(loss: Any) -> str:
    return type(loss).__name__ if isinstance(loss, nn.Module) else getattr(loss, "__name__", type(loss).__name__)


def check_shapes(loss: Any, output: Any, target: Any) -> None:
    """Raise a FitError where an elementwise loss would broadcast its arguments."""
    if _name(loss) not in (*_ELEMENTWISE, *_ELEMENTWISE_FUNCTIONS):
        return
    if isinstance(output, torch.Tensor) and isinstance(target, torch.Tensor) and output.shape != target.shape:
        raise FitError(
            f"fit: the model returns shape {tuple(output.shape)} and the targets have shape {tuple(target.shape)}; "
            f"{_name(loss)} compares element by element, so they must be the same{_advice(output, target)}"
        )


def _advice(output: torch.Tensor, target: torch.Tensor) -> str:
    if output.dim() == target.dim() + 1 and output.shape[-1] == 1:
        return ": targets.unsqueeze(-1) would fit"
    return ""


def _shapes(value: Any) -> Any:
    return map_tensors(value, lambda t: f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')}")


def explain(error: Exception, when: str, model: Any, loss: Any, inputs: Any, output: Any, target: Any) -> FitError:
    """What an exception of the model (where the output is MISSING) or of the loss means for the data.

    Args:
        error: the exception.
        when: ``"at step 3"``, or that it was in an evaluation.
        model, loss: what was called.
        inputs, output, target: what there was.
    """
    said = f"{type(error).__name__}: {error}"
    if output is MISSING:
        return FitError(f"fit: the model failed {when} on inputs {_shapes(inputs)}{_dtype_of(model, inputs)}: {said}")
    return FitError(
        f"fit: {_name(loss)} failed {when}: the model returned {_shapes(output)}, the targets are "
        f"{_shapes(target)}{_labels(loss, output, target)}{_fitting(loss, output, target)}: {said}"
    )


def _dtype_of(model: Any, inputs: Any) -> str:
    """That inputs are of another dtype than parameters, unless they are integers that an embedding looks up."""
    first = next((parameter for parameter in model.parameters() if parameter.is_floating_point()), None)
    if first is None or not isinstance(inputs, torch.Tensor) or inputs.is_complex() or inputs.dtype == first.dtype:
        return ""
    looks_up = any(isinstance(part, nn.Embedding | nn.EmbeddingBag) for part in model.modules())
    if looks_up and not inputs.is_floating_point():
        return ""
    dtype = str(first.dtype).removeprefix("torch.")
    return f"; the model computes in {dtype}: inputs.to(torch.{dtype}) would fit"


def _fitting(loss: Any, output: Any, target: Any) -> str:
    """What would make targets of another dtype or shape fit."""
    if not isinstance(output, torch.Tensor):
        if output is None:
            return "; has forward no return?"
        return "; a loss takes one tensor: let the model return that, or write a function of the output that chooses"
    if not isinstance(target, torch.Tensor):
        return ""
    if _name(loss) in _OF_CLASSES:
        has_rows = target.dim() == output.dim() and target.shape[1:2] == (1,) and output.shape[1:2] != (1,)
        if has_rows:
            return "; targets.squeeze(1) would fit"
        if target.is_floating_point() and target.dim() == output.dim() - 1:
            return "; targets.long() would fit"
        if not target.is_floating_point() and target.shape == output.shape:
            return "; targets.argmax(1), the classes, would fit"
    elif _name(loss) in (*_ELEMENTWISE, *_ELEMENTWISE_FUNCTIONS) and not target.is_floating_point():
        return "; targets.float() would fit"
    return ""


def _labels(loss: Any, output: Any, target: Any) -> str:
    """The labels that are out of range, for a loss of classes."""
    if _name(loss) not in _OF_CLASSES or not isinstance(output, torch.Tensor) or not isinstance(target, torch.Tensor):
        return ""
    if target.is_floating_point() or output.dim() < 2 or not target.numel():
        return ""
    ignored, classes = getattr(loss, "ignore_index", -100), output.shape[1]
    bad = target[((target < 0) | (target >= classes)) & (target != ignored)].unique().tolist()
    if not bad:
        return ""
    some = ", ".join(map(str, bad[:5])) + (" ..." if len(bad) > 5 else "")
    return f"; labels {some} are out of range for {classes} classes (0 to {classes - 1})"


def _is_finite(tensor: torch.Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex()) or bool(torch.isfinite(tensor).all())


def first_bad_parameter(model: nn.Module) -> str | None:
    """The path of the first parameter that is not finite."""
    with torch.no_grad():
        return next((name for name, parameter in model.named_parameters() if not _is_finite(parameter)), None)


def not_finite(model: nn.Module, step: int, batch: tuple[Any, Any], value: float, kept: str) -> NonFiniteError:
    """The error that says where numbers of this batch stopped being finite, and which checkpoint is left."""
    (inputs, target), parameter = batch, first_bad_parameter(model)
    layer: str | None = None
    if parameter is not None:
        layer = parameter.rpartition(".")[0] or None
        where = (
            f"parameter {parameter!r} of layer {layer or '(the model)'!r} is not finite any more; "
            "a lower learning rate or clip= would help"
        )
    elif not all(_finite_tensors(inputs)):
        where = "the inputs of this batch hold NaN or infinity"
    elif not all(_finite_tensors(target)):
        where = "the targets of this batch hold NaN or infinity"
    else:
        layer, kind = _first_bad_layer(model, inputs)
        where = (
            f"layer {layer!r} ({kind}) is the first that makes NaN or infinity of finite inputs"
            if layer is not None
            else "every layer's output is finite, so it is the loss function"
        )
    message = f"fit: the loss is {value} at step {step}: {where}. {kept}"
    return NonFiniteError(message, step, layer, parameter)


def _finite_tensors(value: Any) -> list[bool]:
    found: list[bool] = []
    map_tensors(value, lambda tensor: found.append(_is_finite(tensor)))
    return found


def _first_bad_layer(model: nn.Module, inputs: Any) -> tuple[str | None, str]:
    """Path and class of the module whose output is the first that is not finite; inner ones come before outer ones."""
    found: list[tuple[str, str]] = []

    def look(path: str) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            if not all(_finite_tensors(output)):
                found.append((path, type(module).__name__))

        return hook

    handles = [module.register_forward_hook(look(path)) for path, module in model.named_modules()]
    try:
        with _without_traces(model), torch.no_grad():
            call(model, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else (None, "")


@contextmanager
def _without_traces(model: nn.Module) -> Iterator[None]:
    """Put buffers, such as running statistics, and random numbers back at the end."""
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with torch.random.fork_rng():
        yield
    with torch.no_grad():
        for buffer, value in before:
            buffer.copy_(value)


def call(model: Any, inputs: Any) -> Any:
    """The model's output for a tensor, a tuple of arguments or a dict of keywords."""
    if isinstance(inputs, (tuple, list)):
        return model(*inputs)
    return model(**inputs) if isinstance(inputs, dict) else model(inputs)
