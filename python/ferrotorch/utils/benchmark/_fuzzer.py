"""Tensors to measure code with, of random sizes and layouts, the same ones for the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import ferrotorch as torch

__all__ = ["FuzzedParameter", "FuzzedTensor", "Fuzzer", "ParameterAlias"]

Params = dict[str, Any]
_ATTEMPTS = 1000


class ParameterAlias:
    """A choice of a parameter: whatever another parameter is. Aliases of aliases are followed."""

    def __init__(self, alias_to: str) -> None:
        self.alias_to = alias_to

    def __repr__(self) -> str:
        return f"ParameterAlias[alias_to: {self.alias_to}]"


class FuzzedParameter:
    """A number that is drawn for each set of tensors.

    Args:
        name: by which tensors and aliases name it.
        minval: the smallest value, for a distribution that is no dict.
        maxval: the largest one.
        distribution: ``"uniform"`` (of integers, if both bounds are), ``"loguniform"`` (of integers), or a dict from
            values to their probabilities.
        strict: drawn once for a set, and kept while other parameters are drawn anew until they fit.

    Raises:
        AssertionError: another distribution, probabilities that are none, or bounds beside a dict.
    """

    def __init__(
        self,
        name: str,
        minval: float | None = None,
        maxval: float | None = None,
        distribution: str | dict[Any, float] | None = None,
        strict: bool = False,
    ) -> None:
        self._name = name
        self._minval = minval
        self._maxval = maxval
        self._distribution = distribution
        self.strict = strict
        if isinstance(distribution, dict):
            _require(all(p >= 0 for p in distribution.values()), "Probabilities cannot be negative")
            _require(abs(sum(distribution.values()) - 1) <= 1e-5, "Distribution is not normalized")
            for bound, value in (("minval", minval), ("maxval", maxval)):
                _require(value is None, f"When passing a custom distribution, '{bound}' must be None")
        else:
            _require(distribution in ("loguniform", "uniform"), f"Unknown distribution: {distribution}")

    @property
    def name(self) -> str:
        """By which it is known."""
        return self._name

    def sample(self, state: Any) -> Any:
        """A value, drawn from a ``numpy.random.RandomState``."""
        import numpy as np

        low, high = self._minval, self._maxval
        if isinstance(self._distribution, dict):
            values = list(self._distribution)
            return values[state.choice(np.arange(len(values)), p=tuple(self._distribution.values()))]
        if self._distribution == "loguniform":
            logs = {"low": None if low is None else np.log2(low), "high": None if high is None else np.log2(high)}
            drawn = int(2 ** state.uniform(**logs))
            if low is not None and drawn < low:
                return low
            return high if high is not None and drawn > high else drawn
        if isinstance(low, int) and isinstance(high, int):
            return int(state.randint(low=low, high=high + 1))
        return state.uniform(low=low, high=high)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


class FuzzedTensor:
    """A tensor that is made for each set of parameters.

    Args:
        name: its name among the tensors of the set.
        size: numbers, or names of parameters.
        steps: likewise; the tensor is every so manieth element of a larger one.
        probability_contiguous: how likely the dimensions lie in memory in their order.
        min_elements: parameters that give fewer are drawn anew.
        max_elements: parameters that give more are.
        max_allocation_bytes: parameters that need more memory are, steps included.
        dim_parameter: the parameter that says how many of the sizes count.
        roll_parameter: not used.
        dtype: that of the tensor.
        cuda: on a GPU of that kind.
        tensor_constructor: makes the elements instead: called with ``size``, ``dtype`` and the parameters.
    """

    def __init__(
        self,
        name: str,
        size: tuple[str | int, ...],
        steps: tuple[str | int, ...] | None = None,
        probability_contiguous: float = 0.5,
        min_elements: int | None = None,
        max_elements: int | None = None,
        max_allocation_bytes: int | None = None,
        dim_parameter: str | None = None,
        roll_parameter: str | None = None,
        dtype: torch.dtype = torch.float32,
        cuda: bool = False,
        tensor_constructor: Callable[..., torch.Tensor] | None = None,
    ) -> None:
        self._name = name
        self._size = size
        self._steps = steps or ()
        self._probability_contiguous = probability_contiguous
        self._elements = (min_elements, max_elements)
        self._max_allocation_bytes = max_allocation_bytes
        self._dim_parameter = dim_parameter
        self._dtype = dtype
        self._cuda = cuda
        self._tensor_constructor = tensor_constructor or self.default_tensor_constructor

    @property
    def name(self) -> str:
        """By which it is known."""
        return self._name

    @staticmethod
    def default_tensor_constructor(size: tuple[int, ...], dtype: torch.dtype, **kwargs: Any) -> torch.Tensor:
        """Uniform numbers, or integers of 1 to 126."""
        if dtype.is_floating_point or dtype.is_complex:
            return torch.rand(size=size, dtype=dtype, device="cpu")
        return torch.randint(1, 127, size=size, dtype=dtype, device="cpu")

    def _shapes(self, params: Params) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Sizes, steps, and the sizes of what these are steps in."""
        dim = len(self._size) if self._dim_parameter is None else params[self._dim_parameter]

        def numbers(given: tuple[str | int, ...]) -> tuple[int, ...]:
            values = tuple(params.get(value, value) for value in given)[:dim]  # type: ignore[arg-type]
            return values + (1,) * (dim - len(values))

        size, steps = numbers(self._size), numbers(self._steps)
        return size, steps, tuple(int(n) * int(step) for n, step in zip(size, steps, strict=True))

    def satisfies_constraints(self, params: Params) -> bool:
        """Do parameters give a tensor within the limits?"""
        size, _, whole = self._shapes(params)
        elements, memory = math.prod(map(int, size)), math.prod(whole) * self._dtype.itemsize
        least, most = self._elements
        return (
            (least is None or elements >= least)
            and (most is None or elements <= most)
            and (self._max_allocation_bytes is None or memory <= self._max_allocation_bytes)
        )

    def _make_tensor(self, params: Params, state: Any) -> tuple[torch.Tensor, dict[str, Any]]:
        """A tensor, and what is to be said of it."""
        import numpy as np

        size, steps, whole = self._shapes(params)
        tensor = self._tensor_constructor(size=whole, dtype=self._dtype, **params)
        tensor = tensor.cuda() if self._cuda else tensor
        plain = np.arange(len(size))
        order = plain
        if state.rand() > self._probability_contiguous:
            while len(size) > 1 and np.all(order == plain):
                order = state.permutation(tensor.dim())
            tensor = tensor.permute(tuple(order)).contiguous().permute(tuple(np.argsort(order)))
        tensor = tensor[tuple(slice(0, n * step, step) for n, step in zip(size, steps, strict=True))]
        return tensor, {
            "numel": tensor.numel(),
            "order": order,
            "steps": steps,
            "is_contiguous": tensor.is_contiguous(),
            "dtype": str(self._dtype),
        }


class Fuzzer:
    """Sets of tensors, made of parameters that are drawn for each.

    Args:
        parameters: what is drawn, in lists or not.
        tensors: what is made, in lists or not.
        constraints: functions of the parameters; a set of which one is false is drawn anew.
        seed: of the draws and of the elements.

    Raises:
        ValueError: a name of a parameter and of a tensor.
    """

    def __init__(
        self,
        parameters: Iterable[FuzzedParameter | Iterable[FuzzedParameter]],
        tensors: Iterable[FuzzedTensor | Iterable[FuzzedTensor]],
        constraints: Iterable[Callable[..., bool]] | None = None,
        seed: int | None = None,
    ) -> None:
        import numpy as np

        if seed is None:
            seed = int(np.random.RandomState().randint(0, 2**32 - 1, dtype=np.int64))
        self._seed = seed
        self._parameters: tuple[FuzzedParameter, ...] = _flat(parameters, FuzzedParameter)
        self._tensors: tuple[FuzzedTensor, ...] = _flat(tensors, FuzzedTensor)
        self._constraints = tuple(constraints or ())
        self._rejected = self._drawn = 0
        both = {parameter.name for parameter in self._parameters} & {tensor.name for tensor in self._tensors}
        if both:
            raise ValueError(f"Duplicate names in parameters and tensors: {both}")

    @property
    def rejection_rate(self) -> float:
        """How many of the sets that were drawn did not fit."""
        return self._rejected / self._drawn if self._drawn else 0.0

    def take(self, n: int) -> Iterator[tuple[dict[str, torch.Tensor], dict[str, dict[str, Any]], Params]]:
        """``n`` sets: tensors by name, what is to be said of each, and the parameters.

        Raises:
            ValueError: parameters that never fit, or aliases that lead round.
        """
        import numpy as np

        state = np.random.RandomState(self._seed)
        torch.manual_seed(int(state.randint(low=0, high=2**63, dtype=np.int64)))
        for _ in range(n):
            params = self._generate(state)
            made = {tensor.name: tensor._make_tensor(params, state) for tensor in self._tensors}
            yield {k: v for k, (v, _) in made.items()}, {k: v for k, (_, v) in made.items()}, params

    def _generate(self, state: Any) -> Params:
        kept: Params = {}
        for _ in range(_ATTEMPTS):
            drawn: Params = {}
            for parameter in self._parameters:
                name = parameter.name
                drawn[name] = kept[name] if name in kept else parameter.sample(state)
                if parameter.strict:
                    kept[name] = drawn[name]
            drawn = _without_aliases(drawn)
            self._drawn += 1
            constraints = chain(self._constraints, (tensor.satisfies_constraints for tensor in self._tensors))
            if all(holds(drawn) for holds in constraints):
                return drawn
            self._rejected += 1
        raise ValueError("Failed to generate a set of valid parameters.")


def _flat(given: Iterable[Any], kind: type) -> tuple[Any, ...]:
    return tuple(chain.from_iterable([one] if isinstance(one, kind) else one for one in given))


def _without_aliases(params: Params) -> Params:
    """The parameters with the values of others in the places of aliases."""
    resolved = {}
    for name, value in params.items():
        met = {name}
        while isinstance(value, ParameterAlias):
            if value.alias_to in met:
                raise ValueError(f"ParameterAlias cycle detected\n{params}")
            met.add(value.alias_to)
            value = params[value.alias_to]
        resolved[name] = value
    return resolved
