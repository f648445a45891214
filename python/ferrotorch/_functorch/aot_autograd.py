"""Functions and modules whose forward and backward passes are graphs, which compilers are given: `aot_function`.

A compiler takes a graph module and examples of its inputs, and returns what is called in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._functorch.partitioners import default_partition, split_outputs
from ferrotorch.fx.experimental import _op_trace
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.utils import _pytree as pytree
from ferrotorch.utils._python_dispatch import _disable_current_modes

__all__ = ["aot_function", "aot_module", "aot_module_simplified", "make_boxed_compiler", "make_boxed_func"]

Tensor = torch.Tensor
Compiler = Callable[[Any, Any], Any]


def make_boxed_func(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` as a function of one list of arguments."""

    def g(args: Any) -> Any:
        return f(*args)

    g._boxed_call = True  # type: ignore[attr-defined]
    return g


def make_boxed_compiler(compiler: Compiler) -> Compiler:
    """A compiler whose results take one list of arguments."""

    def boxed(fx_g: Any, inps: Any) -> Any:
        made = compiler(fx_g, inps)
        return made if getattr(made, "_boxed_call", False) else make_boxed_func(made)

    return boxed


def _called(function: Any, args: list[Any]) -> list[Any]:
    result = function(args) if getattr(function, "_boxed_call", False) else function(*args)
    return list(result) if isinstance(result, tuple | list) else [result]


class _Program:
    """A function of flat arguments of one kind, as compiled graphs."""

    def __init__(self, fn: Callable[..., Any], leaves: list[Any], spec: Any, options: dict[str, Any]) -> None:
        self._options = options
        self._places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
        self._needs = [leaves[i].requires_grad and torch.is_grad_enabled() for i in self._places]
        self.recorded = any(self._needs)
        joint, self._count = self._traced(fn, leaves, spec)
        if self.recorded:
            partition = options["partition_fn"]
            inputs = [leaves[i] for i in self._places]
            self._forward_graph, self._backward_graph = partition(joint, inputs, num_fwd_outputs=self._count)
            self._saved = len(split_outputs(self._forward_graph)) - self._count
            self._forward = options["fw_compiler"](self._forward_graph, inputs)
        else:
            self._forward = options["inference_compiler"](joint, [leaves[i] for i in self._places])
        self._backward: Any = None

    def _traced(self, fn: Callable[..., Any], leaves: list[Any], spec: Any) -> tuple[GraphModule, int]:
        trace = _op_trace.OpTrace(self._options["decompositions"], functional=True)
        own = list(leaves)
        for i, (place, needed) in enumerate(zip(self._places, self._needs, strict=True)):
            own[place] = leaves[place].detach().clone().requires_grad_(needed)
            last = trace.placeholder(f"primals_{i + 1}" if self.recorded else f"arg{i}_1", own[place])
        with _op_trace.tracing(trace):
            flat, self.out_spec = pytree.tree_flatten(fn(*pytree.tree_unflatten(own, spec)))
            results = [trace.node_of(value) for value in flat]
            if self.recorded:
                outputs = [x for x in flat if isinstance(x, Tensor) and x.requires_grad]
                with _disable_current_modes():
                    seeds = [torch.ones_like(output.detach()) for output in outputs]
                for i, seed in enumerate(seeds):
                    with trace.graph.inserting_after(last):
                        last = trace.placeholder(f"tangents_{i + 1}", seed)
                inputs = [own[place] for place in self._places]
                found = trace.differentiate(outputs, seeds, inputs)
                results += [
                    trace.node_of(each) if need else None for each, need in zip(found, self._needs, strict=True)
                ]
        for argument, value in trace.written():
            trace.graph.call_function(torch.ops.aten.copy_.default, (argument, value))
        self._differentiable = [isinstance(x, Tensor) and x.requires_grad for x in flat]
        trace.graph.output(tuple(results))
        trace.graph.eliminate_dead_code(_op_trace.is_kept)
        return GraphModule(dict(trace.constants), trace.graph), len(flat)

    def __call__(self, leaves: list[Any]) -> Any:
        """The flat results."""
        tensors = [leaves[i] for i in self._places]
        if not self.recorded:
            return _called(self._forward, tensors)
        return list(_Compiled.apply(self, *tensors))

    def forward(self, tensors: list[Tensor]) -> tuple[list[Any], list[Any]]:
        """The results, and what the backward pass is to be given."""
        found = _called(self._forward, tensors)
        return found[: self._count], found[self._count :]

    def backward(self, saved: list[Any], grads: tuple[Any, ...]) -> list[Any]:
        """The gradients of the tensors among the arguments."""
        tangents = [grad for grad, is_one in zip(grads, self._differentiable, strict=True) if is_one]
        if self._backward is None:
            self._backward = self._options["bw_compiler"](self._backward_graph, [*saved, *tangents])
        return _called(self._backward, [*saved, *tangents])


class _Compiled(torch.autograd.Function):
    """The node of a compiled call."""

    @staticmethod
    def forward(ctx: Any, program: _Program, *tensors: Tensor) -> Any:
        """The compiled forward pass."""
        results, saved = program.forward(list(tensors))
        ctx.program = program
        ctx.kept = [None if isinstance(x, Tensor) else x for x in saved]
        ctx.save_for_backward(*(x for x in saved if isinstance(x, Tensor)))
        plain = [
            x
            for x, is_one in zip(results, program._differentiable, strict=True)
            if isinstance(x, Tensor) and not is_one
        ]
        ctx.mark_non_differentiable(*plain)
        return tuple(x.view_as(x) if any(x is t for t in tensors) else x for x in results)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The compiled backward pass."""
        tensors = iter(ctx.saved_tensors)
        saved = [next(tensors) if kept is None else kept for kept in ctx.kept]
        return None, *ctx.program.backward(saved, grads)


def aot_function(
    fn: Callable[..., Any],
    fw_compiler: Compiler,
    bw_compiler: Compiler | None = None,
    partition_fn: Callable[..., Any] = default_partition,
    decompositions: dict[Any, Any] | None = None,
    num_params_buffers: int = 0,
    keep_inference_input_mutations: bool = False,
    inference_compiler: Compiler | None = None,
    *,
    dynamic: bool = False,
    enable_log: bool = True,
) -> Callable[..., Any]:
    """``fn`` with its forward and backward passes traced as graphs of ops and given to compilers.

    Both are traced at the first call with arguments of a kind: shapes, dtypes, which need gradients, and numbers.

    Args:
        fn: takes tensors, numbers and nested containers of them.
        fw_compiler: is given the forward pass.
        bw_compiler: is given the backward pass when that first runs; by default the same.
        partition_fn: divides the graph of both into the two: :func:`default_partition`, or
            :func:`min_cut_rematerialization_partition`, which computes again what it takes less memory to.
        decompositions: functions that are called in the place of ops, by the op.
        num_params_buffers, keep_inference_input_mutations, enable_log: accepted; they steer PyTorch's own runtime.
        inference_compiler: is given the pass of calls that need no gradients, by default ``fw_compiler``.
        dynamic: accepted; other sizes are traced anew.
    """
    del num_params_buffers, keep_inference_input_mutations, dynamic, enable_log
    options = {
        "fw_compiler": fw_compiler,
        "bw_compiler": bw_compiler or fw_compiler,
        "inference_compiler": inference_compiler or fw_compiler,
        "partition_fn": partition_fn,
        "decompositions": decompositions,
    }
    programs: dict[Any, _Program] = {}

    def call(args: Any, kwargs: dict[str, Any]) -> Any:
        def positional(args: Any, kwargs: dict[str, Any]) -> Any:
            return fn(*args, **kwargs)

        leaves, spec = pytree.tree_flatten((args, kwargs))
        key = (tuple(map(_kind, leaves)), spec, torch.is_grad_enabled())
        if key not in programs:
            programs[key] = _Program(positional, leaves, spec, options)
        program = programs[key]
        return pytree.tree_unflatten(program(leaves), program.out_spec)

    def returned_function(*args: Any, **kwargs: Any) -> Any:
        return call(args, kwargs)

    return returned_function


def _kind(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return tuple(leaf.shape), leaf.stride(), leaf.dtype, leaf.device, leaf.requires_grad
    return type(leaf), leaf


class _AOTModule(torch.nn.Module):
    """A module whose passes are compiled graphs of its parameters, buffers and arguments."""

    def __init__(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.orig_module = module

        def functional(named: dict[str, Tensor], given: Any, options: dict[str, Any]) -> Any:
            return torch.func.functional_call(module, named, given, options)

        self._compiled = aot_function(functional, *args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The module's result."""
        module = self.orig_module
        return self._compiled({**dict(module.named_parameters()), **dict(module.named_buffers())}, args, kwargs)


def aot_module(mod: torch.nn.Module, *args: Any, **kwargs: Any) -> torch.nn.Module:
    """A module around ``mod`` whose passes are traced and compiled; see :func:`aot_function` for the arguments."""
    return _AOTModule(mod, *args, **kwargs)


def aot_module_simplified(
    mod: torch.nn.Module,
    args: Any,
    fw_compiler: Compiler,
    bw_compiler: Compiler | None = None,
    partition_fn: Callable[..., Any] = default_partition,
    decompositions: dict[Any, Any] | None = None,
    inference_compiler: Compiler | None = None,
) -> Callable[..., Any]:
    """A function that calls ``mod`` with its passes compiled; ``args`` are examples."""
    del args
    options = {"decompositions": decompositions, "inference_compiler": inference_compiler}
    return _AOTModule(mod, fw_compiler, bw_compiler, partition_fn, **options).forward
