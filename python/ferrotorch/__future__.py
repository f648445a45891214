"""How modules are converted: by giving their parameters other data, or by making new parameters."""

from __future__ import annotations

__all__ = [
    "get_overwrite_module_params_on_conversion",
    "get_swap_module_params_on_conversion",
    "set_overwrite_module_params_on_conversion",
    "set_swap_module_params_on_conversion",
]

_overwrites = False
_swaps = False


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Have ``Module.to`` and its like make new parameters instead of changing the data of those there are."""
    global _overwrites
    _overwrites = value


def get_overwrite_module_params_on_conversion() -> bool:
    """Do conversions of modules make new parameters?"""
    return _overwrites


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Have ``Module.to`` and its like exchange parameters for converted ones by `torch.utils.swap_tensors`."""
    global _swaps
    _swaps = value


def get_swap_module_params_on_conversion() -> bool:
    """Do conversions of modules exchange parameters for converted ones?"""
    return _swaps
