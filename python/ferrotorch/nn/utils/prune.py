"""Pruning: setting entries of a parameter to zero and keeping them there.

A pruned ``weight`` is trained as ``weight_orig``; before each forward it becomes ``weight_orig * weight_mask``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

# A share of the entries (float, 0 to 1), or their number (int).
Amount = int | float
Scores = Mapping[tuple[Module, str], Tensor]


class BasePruningMethod(ABC):
    """A forward pre-hook that masks one parameter; subclasses say which entries in :meth:`compute_mask`."""

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, 0 where an entry of ``t`` (its importance) is pruned, in addition to ``default_mask``."""

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter with its mask applied."""
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune ``module.<name>``, on top of what has been pruned before.

        Raises:
            AssertionError: scores of another shape.
        """
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        key, previous = _method_of(module, name)
        if previous is not None:
            # A container of its own, because the hook stays as it is if the method refuses the parameter.
            earlier = previous._pruning_methods if isinstance(previous, PruningContainer) else (previous,)
            combined = PruningContainer(*earlier)
            combined.add_pruning_method(method)
            method = combined
        original = getattr(module, name) if previous is None else getattr(module, name + "_orig")
        # What is pruned already counts as zero: of channels those are weak that have little left.
        scores = getattr(module, name) if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, "
                f"but got {list(scores.shape)} and {list(original.shape)}"
            )
        if previous is None:
            default = torch.ones_like(original, requires_grad=False)
        else:
            default = getattr(module, name + "_mask").detach().clone()
        # Before anything of the module changes: the method may refuse the parameter.
        with torch.no_grad():
            mask = method.compute_mask(scores, default_mask=default)
        if previous is None:
            del module._parameters[name]
            module.register_parameter(name + "_orig", original)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        if key is not None:
            del module._forward_pre_hooks[key]
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A pruned copy of ``t``."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError("importance_scores should have the same shape as tensor t")
        default = torch.ones_like(t, requires_grad=False) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=default)

    def remove(self, module: Module) -> None:
        """Make the masked parameter an ordinary one. The hook itself is not removed."""
        name = self._tensor_name
        masked = self.apply_mask(module)
        original = module._parameters.pop(name + "_orig")
        if original is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        original.data = masked.data
        del module._buffers[name + "_mask"]
        module.__dict__.pop(name, None)
        setattr(module, name, original)


def _methods(module: Module) -> Iterator[tuple[int, BasePruningMethod]]:
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod):
            yield key, hook


def _method_of(module: Module, name: str) -> tuple[int | None, BasePruningMethod | None]:
    """The number of the hook that prunes this tensor, and the hook."""
    return next((found for found in _methods(module) if found[1]._tensor_name == name), (None, None))


class PruningContainer(BasePruningMethod):
    """Several prunings of one tensor, one after the other; each acts on what the others have left."""

    PRUNING_TYPE = "combined"

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if len(args) == 1 and isinstance(args[0], Iterable) else args
        for method in methods:
            if not self._pruning_methods:
                self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add one at the end.

        Raises:
            TypeError: it is no pruning method.
            ValueError: it prunes another tensor.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method, computed on what is left, together with the one before."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(t.dtype).clone()
        if method.PRUNING_TYPE == "unstructured":
            left: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()  # type: ignore[attr-defined]
            alive = mask.transpose(0, dim).flatten(1).sum(1) != 0
            left = (slice(None),) * dim + (alive,)
        else:
            left = (slice(None),) * t.dim()
        mask[left] = method.compute_mask(t[left], default_mask=mask[left])
        return mask


class Identity(BasePruningMethod):
    """Prunes nothing, but makes mask and original."""

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it was: nothing is pruned."""
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prunes entries at random."""

    def __init__(self, amount: Amount) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with as many further zeros as ``amount`` says, at random places."""
        count = _count(self.amount, t.numel())
        return _without_smallest(-torch.rand_like(t), count, default_mask)


class L1Unstructured(BasePruningMethod):
    """Prunes the entries of smallest absolute value."""

    def __init__(self, amount: Amount) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with as many further zeros as ``amount`` says, where ``|t|`` is smallest."""
        return _without_smallest(t.abs(), _count(self.amount, t.numel()), default_mask)


class _Structured(BasePruningMethod):
    """Prunes whole slices along ``dim``."""

    PRUNING_TYPE = "structured"
    amount: Amount
    dim: int

    def _slice_scores(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. "
                f"Found tensor of shape {t.shape} with {t.dim()} dims"
            )
        if not -t.dim() <= self.dim < t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        dim = self.dim % t.dim()
        size = t.size(dim)
        count = _count(self.amount, size)
        kept = _without_smallest(
            self._slice_scores(t), count, torch.ones(size, dtype=default_mask.dtype, device=t.device)
        )
        return default_mask * kept.reshape([-1 if d == dim else 1 for d in range(t.dim())])


class RandomStructured(_Structured):
    """Prunes slices at random."""

    def __init__(self, amount: Amount, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def _slice_scores(self, t: Tensor) -> Tensor:
        return torch.rand(t.size(self.dim), device=t.device)


class LnStructured(_Structured):
    """Prunes the slices of smallest n-norm."""

    def __init__(self, amount: Amount, n: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def _slice_scores(self, t: Tensor) -> Tensor:
        return torch.norm(t.transpose(0, self.dim).flatten(1), self.n, 1)


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The product of the mask so far and the user's."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"mask of shape {list(self.mask.shape)} for a tensor of shape {list(default_mask.shape)}"
            )
        return default_mask * self.mask.to(default_mask.dtype)


def _check_amount(amount: Any) -> None:
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (isinstance(amount, float) and amount > 1.0):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount: Amount, size: int) -> int:
    if isinstance(amount, int) and amount > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return amount if isinstance(amount, int) else round(amount * size)


def _without_smallest(scores: Tensor, count: int, mask: Tensor) -> Tensor:
    """``mask`` with 0 at the ``count`` smallest scores."""
    if count == 0:
        return mask.clone()
    smallest = torch.topk(scores.reshape(-1), count, largest=False)[1]
    return mask.clone().reshape(-1).index_fill_(0, smallest, 0).reshape(mask.shape)


def identity(module: Module, name: str) -> Module:
    """Make mask and original of ``module.<name>`` without pruning."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: Amount) -> Module:
    """Prune entries at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: Amount, importance_scores: Tensor | None = None) -> Module:
    """Prune the entries of smallest absolute value, or score."""
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: Amount, dim: int) -> Module:
    """Prune slices along ``dim`` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: Amount, n: float, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the slices along ``dim`` of smallest n-norm."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune where ``mask`` is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: Scores | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one vector.

    Raises:
        TypeError: ``parameters`` is not iterable, or the method is structured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if pruning_method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} '
            "of type "
            f"{pruning_method.PRUNING_TYPE}"
        )
    pairs = list(parameters)
    if not isinstance(importance_scores, dict | None):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    given = importance_scores or {}
    scores = [given.get((module, name), getattr(module, name)).detach() for module, name in pairs]
    masks = [
        getattr(module, name + "_mask", torch.ones_like(s)) for (module, name), s in zip(pairs, scores, strict=True)
    ]
    flat_scores = torch.cat([s.reshape(-1) for s in scores])
    flat_mask = torch.cat([m.reshape(-1) for m in masks])
    method = pruning_method(**kwargs)
    left = flat_mask == 1
    flat_mask[left] = method.compute_mask(flat_scores[left], flat_mask[left])
    sizes = [s.numel() for s in scores]
    for (module, name), score, mask in zip(pairs, scores, flat_mask.split(sizes), strict=True):
        custom_from_mask(module, name, mask.reshape(score.shape))


def is_pruned(module: Module) -> bool:
    """Whether the module or one below it is pruned."""
    return any(True for submodule in module.modules() for _ in _methods(submodule))


def remove(module: Module, name: str) -> Module:
    """Make the masked parameter an ordinary one, and stop masking it.

    Raises:
        ValueError: it is not pruned.
    """
    key, method = _method_of(module, name)
    if key is None or method is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def _validate_pruning_amount_init(amount: Any) -> None:
    """Raise for an amount that is no number, negative, or a share above 1."""
    _check_amount(amount)


def _validate_pruning_amount(amount: Any, tensor_size: int) -> None:
    """Raise ValueError for more elements than there are."""
    if isinstance(amount, int):
        _count(amount, tensor_size)


def _compute_nparams_toprune(amount: Any, tensor_size: int) -> int:
    """How many elements an amount is."""
    return amount if isinstance(amount, int) else round(amount * tensor_size)


def _validate_structured_pruning(t: Tensor) -> None:
    """Raise ValueError for a tensor that has no channels."""
    if t.dim() <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {t.dim()} dims"
        )


def _validate_pruning_dim(t: Tensor, dim: int) -> None:
    """Raise IndexError for a dimension that a tensor lacks."""
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _compute_norm(t: Tensor, n: Any, dim: int) -> Tensor:
    """The norm of a tensor over all dimensions but one."""
    dims = [d for d in range(t.dim()) if d != dim % t.dim()]
    if n == "nuc" or (n == "fro" and len(dims) == 2):
        return torch.linalg.matrix_norm(t, ord=n, dim=tuple(dims) if len(dims) == 2 else (-2, -1))
    return torch.linalg.vector_norm(t, ord=2 if n == "fro" else n, dim=dims)
