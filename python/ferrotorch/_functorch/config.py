"""Options of the part of PyTorch that compiles graphs of gradients, which is not here; they keep their values."""

from typing import Any

from ferrotorch._config_module import patching

debug_assert = False
donated_buffer = False
enable_autograd_cache = False
fake_tensor_allow_unsafe_rng = True
functionalize_rng_ops = False
activation_memory_budget = 1.0
static_weight_shapes = True
patch: Any = patching(globals())


def save_config_portable() -> dict[str, Any]:
    """The options by their names."""
    return {name: value for name, value in globals().items() if isinstance(value, (bool, float)) and name[0] != "_"}
