"""The names that a snippet may use: deterministic tensors, and what a layer, an optimizer or a scheduler does.

Everything works on the module it is given, so that the same snippets run where they are recorded and tested.
"""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Space:
    """Helpers over one module of the shape of PyTorch."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def names(self) -> dict[str, Any]:
        modules = {"nn": "nn", "F": "nn.functional", "init": "nn.init", "D": "distributions", "optim": "optim"}
        modules |= {"S": "optim.lr_scheduler", "data": "utils.data", "utils": "nn.utils"}
        modules |= {"prune": "nn.utils.prune"}
        helpers = [self.T, self.P, self.I, self.M, self.fill, self.layer, self.lazy, self.grads, self.seeded]
        helpers += [self.train, self.rates, self.kl, self.warp, self.raised, self.said, self.attempt]
        helpers += [self.part, self.stored, self.seen, self.tried, self.wrapped]
        return {
            **{name: importlib.import_module(f"{self.torch.__name__}.{path}") for name, path in modules.items()},
            **{helper.__name__: helper for helper in helpers},
            "torch": self.torch,
            "np": np,
            "math": math,
        }

    def T(self, *shape: int, shift: float = 0.7, scale: float = 1.5) -> Any:
        """Distinct float64 numbers between -scale and scale."""
        k = np.arange(math.prod(shape), dtype=np.float64)
        return self.torch.from_numpy(scale * np.sin(1.3 * k + shift)).reshape(shape)

    def P(self, *shape: int, shift: float = 0.3) -> Any:
        """Numbers between 0.1 and 0.9."""
        return 0.5 + 0.4 * self.T(*shape, shift=shift, scale=1.0)

    def I(self, n: int, *shape: int, start: int = 3) -> Any:  # noqa: E743
        """Integers from 0 to n - 1."""
        return (self.torch.arange(math.prod(shape)) * 7 + start).remainder(n).reshape(shape)

    def M(self, *shape: int) -> Any:
        """A mask, true at every third place."""
        return self.torch.arange(math.prod(shape)).remainder(3).eq(0).reshape(shape)

    def fill(self, module: Any) -> Any:
        """The module in float64, with parameters that depend on nothing but their shapes and order."""
        module = module.double()
        with self.torch.no_grad():
            for i, parameter in enumerate(module.parameters()):
                parameter.copy_(self.T(*parameter.shape, shift=0.5 + i, scale=0.6))
        return module

    def layer(self, module: Any, *inputs: Any, **kwargs: Any) -> Any:
        """The module's text, what it gives in training and afterwards, gradients of inputs and parameters, buffers."""
        shown = repr(module)
        module = self.fill(module)
        inputs = tuple(self._leaf(x) for x in inputs)
        self.torch.manual_seed(3)
        out = module(*inputs, **kwargs)
        leaves = [x for x in (*inputs, *module.parameters()) if self._wants_grad(x)]
        grads = self._grads(out, leaves)
        buffers = [b.clone() for b in module.buffers()]
        module.eval()
        return [shown, out, grads, buffers, module(*inputs, **kwargs), sorted(module.state_dict())]

    def lazy(self, module: Any, *inputs: Any) -> Any:
        """The layer that a lazy one becomes."""
        with self.torch.no_grad():
            module.double()(*inputs)
        return [type(module).__name__, self.layer(module, *inputs)]

    def grads(self, fn: Callable[..., Any], *inputs: Any) -> Any:
        """What the function gives, and the gradients of its inputs."""
        inputs = tuple(self._leaf(x) for x in inputs)
        out = fn(*inputs)
        return [out, self._grads(out, [x for x in inputs if self._wants_grad(x)])]

    def seeded(self, fn: Callable[[], Any], seed: int = 11) -> Any:
        self.torch.manual_seed(seed)
        return fn()

    def train(self, make: Callable[[list[Any]], Any], steps: int = 12, closure: bool = False) -> Any:
        """Parameters after each step of an optimizer on a small problem with two parameters, one of them a matrix."""
        params = [self.T(4, 3).requires_grad_(), self.T(3, shift=0.2).requires_grad_()]
        optimizer = make(params)

        def loss() -> Any:
            optimizer.zero_grad()
            value = ((params[0] - 0.4) ** 2).sum() + (params[0] @ params[1]).sin().sum() + (params[1] ** 4).sum() * 0.3
            value.backward()
            return value

        trace = []
        for _ in range(steps):
            if not closure:
                loss()
            optimizer.step(loss if closure else None)
            trace.append([p.detach().clone() for p in params])
        return trace

    def rates(self, make: Callable[[Any], Any], steps: int = 25, metrics: list[float] | None = None) -> Any:
        """Learning rates, and momentum where there is any, of two groups over some steps."""
        torch = self.torch
        weights = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)]
        groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.02}]
        optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
        scheduler = make(optimizer)
        trace = []
        for i in range(steps):
            trace.append([[float(g["lr"]), float(g["momentum"])] for g in optimizer.param_groups])
            optimizer.step()
            scheduler.step(*([metrics[i % len(metrics)]] if metrics else []))
        return [trace, [float(rate) for rate in scheduler.get_last_lr()]]

    def kl(self, p: Any, q: Any) -> Any:
        return self.torch.distributions.kl_divergence(p, q)

    def warp(self, transform: Any, x: Any) -> Any:
        """A transform there and back, the logarithm of its Jacobian's determinant, and what it says of itself."""
        y = transform(x)
        said = [transform.bijective, transform.domain.event_dim, transform.codomain.event_dim, repr(transform)]
        return [y, transform.inv(y), transform.log_abs_det_jacobian(x, y) if transform.bijective else None, said]

    def attempt(self, fn: Callable[[], Any]) -> Any:
        """The answer of a call; "no" where the distribution does not have one."""
        try:
            return fn()
        except NotImplementedError:
            return "no"

    def part(self, path: str) -> Any:
        """A module of the library by its path below it."""
        return importlib.import_module(f"{self.torch.__name__}.{path}")

    def tried(self, fn: Callable[[], Any]) -> Any:
        """The answer of a call, or the class of the exception that it raises."""
        try:
            return fn()
        except Exception as error:
            return type(error).__name__

    def raised(self, fn: Callable[[], Any]) -> str:
        """The class of the exception that a call raises."""
        try:
            fn()
        except Exception as error:
            return type(error).__name__
        return "nothing"

    def said(self, fn: Callable[[], Any]) -> str:
        """The class of the exception that a call raises, and the first line of its text, with single spaces."""
        try:
            fn()
        except Exception as error:
            words = str(error).strip().replace(self.torch.__name__, "torch").replace("\\n", "\n").partition("\n")[0]
            return f"{type(error).__name__}: {' '.join(words.split())}"
        return "nothing"

    def stored(self, x: Any) -> Any:
        """The layout of a sparse tensor and what it stores; anything else as it is."""
        if isinstance(x, list | tuple):
            return [self.stored(part) for part in x]
        if not isinstance(x, self.torch.Tensor) or x.layout == self.torch.strided:
            return x
        if x.layout == self.torch.sparse_coo:
            return [str(x.layout), list(x.shape), x.is_coalesced(), x._indices(), x._values()]
        by_rows = x.layout in (self.torch.sparse_csr, self.torch.sparse_bsr)
        indices = [x.crow_indices(), x.col_indices()] if by_rows else [x.ccol_indices(), x.row_indices()]
        return [str(x.layout), list(x.shape), *indices, x.values()]

    def _plain(self, value: Any) -> Any:
        """An argument of an op as text and numbers: tensors by their shapes."""
        if isinstance(value, self.torch.Tensor):
            return list(value.shape)
        if isinstance(value, list | tuple):
            return [self._plain(part) for part in value]
        return [[k, self._plain(v)] for k, v in value.items()] if isinstance(value, dict) else str(value)

    def seen(self, fn: Callable[..., Any], *inputs: Any) -> Any:
        """The ops that a dispatch mode sees of a call, with their arguments, and what the call gives."""
        calls: list[Any] = []
        plain = self._plain
        mode = importlib.import_module(f"{self.torch.__name__}.utils._python_dispatch").TorchDispatchMode

        class Seeing(mode):
            def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                calls.append([str(func), plain(args), plain(kwargs or {})])
                return func(*args, **(kwargs or {}))

        with Seeing():
            result = fn(*inputs)
        return [calls, result]

    def wrapped(self, fn: Callable[..., Any], *inputs: Any) -> Any:
        """What a call gives of tensors of a class that says itself what ops do, and the gradients of the inputs."""
        torch = self.torch
        pytree = importlib.import_module(f"{torch.__name__}.utils._pytree")

        class Wrapper(torch.Tensor):
            @staticmethod
            def __new__(cls, inner: Any, requires_grad: bool = False) -> Any:
                options = {"dtype": inner.dtype, "device": inner.device, "requires_grad": requires_grad}
                self = torch.Tensor._make_wrapper_subclass(cls, inner.shape, strides=inner.stride(), **options)
                self.inner = inner
                return self

            @classmethod
            def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                inner = lambda x: x.inner if isinstance(x, cls) else x  # noqa: E731
                result = func(*pytree.tree_map(inner, args), **pytree.tree_map(inner, kwargs or {}))
                return pytree.tree_map(lambda x: cls(x) if isinstance(x, torch.Tensor) else x, result)

        unwrap = lambda x: x.inner if isinstance(x, Wrapper) else x  # noqa: E731
        leaves = [Wrapper(x, self._is_inexact(x)) for x in inputs]
        out = fn(*leaves)
        outs = [t for t in self._tensors(out) if t.requires_grad]
        found = torch.autograd.grad([t.sum() for t in outs], leaves, allow_unused=True) if outs else []
        return [pytree.tree_map(unwrap, out), [unwrap(g) for g in found]]

    def _leaf(self, x: Any) -> Any:
        return x.clone().requires_grad_() if self._is_inexact(x) else x

    def _is_inexact(self, x: Any) -> bool:
        return isinstance(x, self.torch.Tensor) and (x.is_floating_point() or x.is_complex())

    def _wants_grad(self, x: Any) -> bool:
        return self._is_inexact(x) and x.requires_grad

    def _tensors(self, value: Any) -> list[Any]:
        if isinstance(value, self.torch.Tensor):
            return [value]
        return [t for v in value for t in self._tensors(v)] if isinstance(value, tuple | list) else []

    def _grads(self, out: Any, leaves: list[Any]) -> Any:
        """Gradients under fixed seeds that differ from element to element."""
        outs = [t for t in self._tensors(out) if t.requires_grad]
        if not outs or not leaves:
            return None
        seeds = [self.T(*t.shape, shift=1.1, scale=1.0).to(t.dtype) for t in outs]
        return list(self.torch.autograd.grad(outs, leaves, seeds, allow_unused=True))
