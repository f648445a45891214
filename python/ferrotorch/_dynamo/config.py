"""Options of the part that compiles Python, which is not here; they keep what they are set to."""

from typing import Any

from ferrotorch._config_module import patching

cache_size_limit = 8
recompile_limit = 8
accumulated_cache_size_limit = 256
accumulated_recompile_limit = 256
suppress_errors = False
verbose = False
disable = False
assume_static_by_default = True
automatic_dynamic_shapes = True
capture_scalar_outputs = False
capture_dynamic_output_shape_ops = False
optimize_ddp: bool | str = True
inline_inbuilt_nn_modules = True
guard_nn_modules = True
specialize_int = False
specialize_float = False
force_parameter_static_shapes = True
allow_unspec_int_on_nn_module = False
allow_rnn = False
error_on_recompile = False
fail_on_recompile_limit_hit = False
compiled_autograd = False
trace_autograd_ops = False
numpy_default_float = "float64"
reorderable_logging_functions: set[Any] = set()
traceable_tensor_subclasses: set[type[Any]] = set()
patch: Any = patching(globals())
