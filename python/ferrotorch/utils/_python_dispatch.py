"""Dispatch modes: contexts that see each op as it is run, in forward and backward passes.

A mode is asked below all overrides of :mod:`ferrotorch.overrides`. It sees the ops of the package that are written in
Rust, also those that functions in Python are made of, with their arguments and autograd's recording of them; and the
launches of the core that no such op made, above all those of a backward pass, which it sees as
:class:`ferrotorch._ops.Launch`. Views that an attribute or index makes are no launches.

A class has a ``__torch_dispatch__`` of its own for its wrappers, tensors without memory: :mod:`ferrotorch._wrappers`.
"""

from __future__ import annotations

from typing import Any, Self

from ferrotorch import _C

__all__ = ["TorchDispatchMode", "return_and_correct_aliasing"]


class TorchDispatchMode:
    """A context in which the mode's ``__torch_dispatch__(func, types, args=(), kwargs=None)`` is asked for every op.

    ``func`` is an overload such as ``torch.ops.aten.add.Tensor``; called with the arguments it does what the op does.
    What the method returns stands for the result. Modes may be nested: the innermost is asked first, and is off while
    it is asked.
    """

    def __init__(self, _dispatch_key: object = None) -> None:
        pass

    def __torch_dispatch__(
        self, func: Any, types: tuple[type[Any], ...], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """To be overridden: the result of ``func(*args, **kwargs)``."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        _C._push_on_torch_dispatch_stack(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _C._pop_torch_dispatch_stack()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Self:
        """The older form of ``cls(*args, **kwargs)``; warns."""
        import warnings

        warnings.warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2)
        return cls(*args, **kwargs)


def _get_current_dispatch_mode() -> Any:
    """The innermost mode, or None."""
    depth = _C._len_torch_dispatch_stack()
    return _C._get_dispatch_stack_at(depth - 1) if depth else None


def _get_current_dispatch_mode_stack() -> list[Any]:
    """All modes of this thread, the outermost first."""
    return [_C._get_dispatch_stack_at(i) for i in range(_C._len_torch_dispatch_stack())]


def return_and_correct_aliasing(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """What a class returns for an op that its wrappers computed as ``out``: the argument itself if the op writes to it.

    Views of wrappers share nothing by themselves, for wrappers have no memory: what they wrap does.
    """
    if "out" in kwargs:
        return kwargs["out"]
    return args[0] if func.overloadpacket.is_mutable else out


def is_traceable_wrapper_subclass(t: object) -> bool:
    """Is it a tensor of a class that says what it is made of, by ``__tensor_flatten__`` and its counterpart?"""
    return isinstance(t, _C.Tensor) and is_traceable_wrapper_subclass_type(type(t))


def is_traceable_wrapper_subclass_type(t: type[Any]) -> bool:
    """Is it such a class?"""
    own = issubclass(t, _C.Tensor) and t is not _C.Tensor
    return own and hasattr(t, "__tensor_flatten__") and hasattr(t, "__tensor_unflatten__")
