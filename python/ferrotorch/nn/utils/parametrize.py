"""Parametrizations: parameters of a module that are computed from others, which are trained instead.

``module.weight`` becomes a property; what it is computed from lives in ``module.parametrizations.weight.original``
(or ``original0``, ``original1``... where a parametrization's ``right_inverse`` returns several tensors).
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.container import ModuleDict, ModuleList
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter
from ferrotorch.nn.utils._parametrization_checks import check_assigned, check_inverse, check_originals, check_result

# What is computed within blocks of `cached`, and how many of these are open: names that packages know.
_cache: dict[tuple[int, str], Tensor] = {}
_cache_enabled = 0


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once within the block."""
    global _cache_enabled
    _cache_enabled += 1
    try:
        yield
    finally:
        _cache_enabled -= 1
        if not _cache_enabled:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in order to what ``original`` holds."""

    def __init__(self, modules: Sequence[Module], original: Tensor | Parameter, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        value: Any = original
        with torch.no_grad():
            for module in reversed(list(self)):
                # One that has no inverse begins with what is there.
                with contextlib.suppress(NotImplementedError):
                    if hasattr(module, "right_inverse"):
                        value = module.right_inverse(value)
        check_originals(value, original)
        self.is_tensor = isinstance(value, Tensor)
        dtype, shape = original.dtype, original.shape
        values = [value] if self.is_tensor else list(value)
        self.ntensors = len(values)
        for i, tensor in enumerate(values):
            name = "original" if self.is_tensor else f"original{i}"
            self._hold(name, tensor, original)
        if not unsafe:
            with torch.no_grad():
                check_result(self(), torch.empty(shape, dtype=dtype, device="meta"))

    def _hold(self, name: str, tensor: Tensor, original: Tensor) -> None:
        """Register what the tensor is computed from, as what ``original`` was."""
        if not isinstance(original, Parameter):
            self.register_buffer(name, tensor)
        elif self.is_tensor:
            # The parameter itself stays, for an optimizer that holds it.
            if tensor is not original:
                original.data = tensor.detach()
            self.register_parameter(name, original)
        else:
            self.register_parameter(name, Parameter(tensor.detach(), original.requires_grad))

    def _originals(self) -> list[Tensor]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the result becomes ``value``."""
        with torch.no_grad():
            result: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                result = module.right_inverse(result)
            originals = self._originals()
            for original, tensor in zip(originals, check_assigned(result, originals, self.is_tensor), strict=True):
                if original.shape == tensor.shape:
                    original.copy_(tensor)
                else:
                    original.data = tensor.detach()

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *rest = self
        value = first(*self._originals())
        for module in rest:
            value = module(value)
        return value


def _property(name: str) -> property:
    def get(module: Any) -> Tensor:
        if not _cache_enabled:
            return module.parametrizations[name]()
        key = (id(module), name)
        if key not in _cache:
            _cache[key] = module.parametrizations[name]()
        return _cache[key]

    def set_(module: Any, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(get, set_)


def _refuse_pickling(module: Any) -> Any:
    """The class is known to this process alone."""
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(): save that, and load it into a "
        "module with the same parametrizations"
    )


def _deepcopied(module: Any, memo: dict[int, Any]) -> Any:
    result = module.__new__(type(module))
    memo[id(module)] = result
    result.__dict__ = copy.deepcopy(module.__dict__, memo)
    return result


def _make_own_class(module: Any) -> None:
    """Give the instance a class of its own, where properties can live."""
    cls = type(module)
    members = {"__module__": cls.__module__, "_unparametrized": cls, "__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopied
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)
    module.parametrizations = ModuleDict()


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make ``module.<tensor_name>`` the result of ``parametrization``; several apply one after the other.

    ``unsafe`` permits another shape or dtype.

    Raises:
        ValueError: no parameter or buffer of this name, or another shape or dtype.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        existing = module.parametrizations[tensor_name]
        if not unsafe:
            _check_further(parametrization, getattr(module, tensor_name))
        # The originals stay: the new one acts on what the others make of them.
        existing.append(parametrization)
        existing.unsafe |= unsafe
        return module
    table = next((t for t in (module._parameters, module._buffers) if tensor_name in t), None)
    if table is None:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    original = table[tensor_name]
    if original is None:
        raise ValueError(f"'{tensor_name}' of {type(module).__name__} is None: there is nothing to parametrize")
    parametrizations = ParametrizationList([parametrization], original, unsafe)
    del table[tensor_name]
    if not is_parametrized(module):
        _make_own_class(module)
    setattr(type(module), tensor_name, _property(tensor_name))
    module.parametrizations[tensor_name] = parametrizations
    return module


def _check_further(parametrization: Module, value: Tensor) -> None:
    """Whether a parametrization, and back, keep dtype and shape of what those before it result in."""
    with torch.no_grad():
        result = parametrization(value)
        check_result(result, value, "the `unsafe`")
        if not hasattr(parametrization, "right_inverse"):
            return
        try:
            back = parametrization.right_inverse(result)
        except NotImplementedError:
            return
        check_inverse(back, value)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module, or its tensor of this name, is parametrized."""
    parametrizations = module._modules.get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make ``module.<tensor_name>`` a plain parameter or buffer again: its value now, or the original.

    Raises:
        ValueError: it is not parametrized, or has several originals to go back to.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    originals = parametrizations._originals()
    if not leave_parametrized and not parametrizations.is_tensor:
        raise ValueError("Cannot leave unparametrized (`leave_parametrized=False`) a tensor with several originals.")
    original = originals[0]
    if leave_parametrized:
        value = getattr(module, tensor_name).detach()
        if parametrizations.is_tensor and value.shape == original.shape:
            # The parameter itself stays, for an optimizer that holds it.
            original.data = value
        else:
            original = Parameter(value, original.requires_grad) if isinstance(original, Parameter) else value
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if len(module.parametrizations) == 0:
        del module.parametrizations
        module.__class__ = type(module)._unparametrized  # type: ignore[attr-defined]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of the module before it was parametrized."""
    return type(module)._unparametrized if is_parametrized(module) else type(module)  # type: ignore[attr-defined]


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give another module the parametrizations of a module, and what the parametrized tensors are computed from.

    A tensor that ``to_module`` has not becomes a parameter of it. Nothing happens if nothing is parametrized.

    Args:
        from_module: has the parametrizations, and keeps them.
        to_module: gets them; it is returned.
        tensor_name: the only tensor that is meant. Default: all that are parametrized.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        given = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in given:
            register_parametrization(to_module, name, parametrization)
        for original, _ in [*given.named_parameters(recurse=False), *given.named_buffers(recurse=False)]:
            setattr(to_module.parametrizations[name], original, getattr(given, original))
    return to_module
