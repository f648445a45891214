"""What modules of devices that are not here answer: ``torch.xpu``, ``torch.mtia`` and ``torch.mps``.

They answer as in a build of PyTorch without these devices. GPUs of every maker are ``torch.wgpu`` here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C

__all__ = ["none_of"]


def none_of(name: str, error: type[Exception], refused: str) -> dict[str, Any]:
    """The functions of the module of a device that is not here, by their names.

    Args:
        name: The name of the kind of device.
        error: What functions raise that need a device.
        refused: The names of these functions.
    """

    def is_available() -> bool:
        """False: there are no such devices."""
        return False

    def device_count() -> int:
        """0: there are no such devices."""
        return 0

    def is_initialized() -> bool:
        """False: there is nothing to open."""
        return False

    def manual_seed(seed: int) -> None:
        """Accepted so that code for any device runs: there is no generator to seed."""

    def memory_allocated(device: _C.device | str | int | None = None) -> int:
        """0: no tensor is there."""
        return 0

    def refusing(function: str) -> Callable[..., Any]:
        def refuse(*args: Any, **kwargs: Any) -> Any:
            """Raises: there are no such devices."""
            raise error(
                f"Torch not compiled with {name.upper()} enabled: torch.{name}.{function}() needs a device that "
                "ferrotorch does not have. GPUs of every maker are device 'wgpu'"
            )

        refuse.__name__ = refuse.__qualname__ = function
        return refuse

    found: dict[str, Any] = {f.__name__: f for f in (is_available, device_count, is_initialized, manual_seed)}
    found.update(memory_allocated=memory_allocated, manual_seed_all=manual_seed)
    found.update({function: refusing(function) for function in refused.split()})
    for value in found.values():
        value.__module__ = f"ferrotorch.{name}"
    return found
