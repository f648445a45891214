"""Automatic differentiation: walks over the graph, modes, functions with a derivative of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ferrotorch import _C, _interception
from ferrotorch._checks import is_tensor_like
from ferrotorch.autograd import _transforms, graph
from ferrotorch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from ferrotorch.autograd.function import Function
from ferrotorch.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from ferrotorch.autograd.variable import Variable

if TYPE_CHECKING:
    from ferrotorch.autograd import forward_ad, functional

Tensor = _C.Tensor
_is_checkpoint_valid = _C._is_checkpoint_valid
_Tensors = Tensor | graph.GradientEdge | Sequence[Tensor | graph.GradientEdge]

__all__ = [
    "Function", "GradcheckError", "Variable",
    "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck",
    "graph", "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled", "set_multithreading_enabled",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the functional derivatives, forward mode and the profiler at their first use."""
    import importlib

    if name in ("forward_ad", "functional", "profiler"):
        return importlib.import_module(f"ferrotorch.autograd.{name}")
    if name == "kineto_available":
        return importlib.import_module("ferrotorch.profiler").kineto_available
    raise AttributeError(f"module 'ferrotorch.autograd' has no attribute {name!r}")


def _listed(value: Any) -> list[Any]:
    """A list of tensors, of one or of several, where each may be given by its edge in the graph."""
    if value is None:
        return []
    values = [value] if isinstance(value, graph.GradientEdge) or is_tensor_like(value) else list(value)
    return [_C._tensor_at_edge(v.node, v.output_nr) if isinstance(v, graph.GradientEdge) else v for v in values]


def _seeds(grad_outputs: Any, count: int) -> list[Tensor | None]:
    seeds = [None] * count if grad_outputs is None else _listed(grad_outputs)
    if len(seeds) != count:
        raise RuntimeError(f"got {count} tensors and {len(seeds)} gradients")
    return seeds


def backward(
    tensors: _Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulate into ``.grad`` of the leaves the gradients of the sum of ``tensors``.

    Args:
        tensors: What is differentiated.
        grad_tensors: Weights, one a tensor; None for one-element tensors.
        retain_graph: Keep the graph for another walk; by default as ``create_graph``.
        create_graph: Record the walk, so that the gradients can be differentiated.
        grad_variables: Former name of ``grad_tensors``.
        inputs: Accumulate into these only.
    """
    if _C._transforms():
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use functorch.grad or "
            "functorch.vjp instead or call backward() outside of functorch transforms."
        )
    roots = _listed(tensors)
    if inputs is not None and len(_listed(inputs)) == 0:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    seeds = _seeds(grad_tensors if grad_tensors is not None else grad_variables, len(roots))
    _C._backward(roots, seeds, _listed(inputs), create_graph if retain_graph is None else retain_graph, create_graph)


def grad(
    outputs: _Tensors,
    inputs: _Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """Gradients of the sum of ``outputs`` by ``inputs``.

    Args:
        outputs: What is differentiated.
        inputs: By what.
        grad_outputs: Weights, one an output; None for one-element outputs.
        retain_graph: Keep the graph for another walk; by default as ``create_graph``.
        create_graph: Record the walk, so that the gradients can be differentiated.
        only_inputs: Accepted for compatibility; nothing is accumulated into leaves either way.
        allow_unused: Return None, instead of raising, for an input that the outputs do not depend on.
        is_grads_batched: The weights have a leading dimension, over which gradients are stacked.
        materialize_grads: Return zeros for such inputs.

    Raises:
        RuntimeError: An output needs no gradient, or the graph was freed, or an input is unused.
    """
    roots, leaves = _listed(outputs), _listed(inputs)
    if _C._has_torch_function((*roots, *leaves)):
        from ferrotorch.overrides import handle_torch_function

        return handle_torch_function(
            grad, (*roots, *leaves), tuple(roots), tuple(leaves), grad_outputs=grad_outputs, retain_graph=retain_graph,
            create_graph=create_graph, only_inputs=only_inputs, allow_unused=allow_unused,
            is_grads_batched=is_grads_batched, materialize_grads=materialize_grads,
        )  # fmt: skip
    if not only_inputs:
        import warnings

        warnings.warn("only_inputs argument is deprecated and is ignored now (defaults to True).", stacklevel=2)
    if not leaves:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    retain = create_graph if retain_graph is None else retain_graph
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if is_grads_batched:
        found = _transforms.many_gradients(roots, leaves, _listed(grad_outputs), retain=retain, create=create_graph)
        return _checked(found, inputs, leaves, bool(allow_unused), materialize_grads)
    seeds = _seeds(grad_outputs, len(roots))
    if _C._vmap_frames():
        found = _transforms.gradients(roots, leaves, seeds, retain=retain, create=create_graph)
    else:
        found = _C._grad(roots, seeds, leaves, retain, create_graph)
    return _checked(found, inputs, leaves, bool(allow_unused), materialize_grads)


def _checked(
    found: Sequence[Tensor | None], inputs: Any, leaves: list[Tensor], allow_unused: bool, materialize: bool
) -> tuple[Any, ...]:
    """Gradients, with what stands for absent ones; ``inputs`` are the leaves as they were given."""
    given = [inputs] if isinstance(inputs, (Tensor, graph.GradientEdge)) else list(inputs)
    return tuple(
        _absent(i, given[i], leaf, allow_unused, materialize) if gradient is None else gradient
        for i, (gradient, leaf) in enumerate(zip(found, leaves, strict=True))
    )


def _absent(i: int, given: Any, leaf: Tensor, allow_unused: bool, materialize: bool) -> Tensor | None:
    if materialize:
        if isinstance(given, graph.GradientEdge):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        return _C.zeros_like(leaf)
    if not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    return None


class set_multithreading_enabled:
    """Accepted for compatibility: a walk over the graph is one thread's, its kernels use several either way."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


# At the end, because the module needs this one; and here rather than at first use, because importing a module of the
# function's name later would put the module in the function's place.
from ferrotorch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck  # noqa: E402

_interception.functions(globals(), ["backward"])
