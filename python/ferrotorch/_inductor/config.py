"""Options of PyTorch's compiler, which is not here; they keep what they are set to."""

from typing import Any

from ferrotorch._config_module import patching

debug = False
coordinate_descent_tuning = False
max_autotune = False
max_autotune_gemm = False
epilogue_fusion = True
fx_graph_cache = True
shape_padding = True
cpp_wrapper = False
freezing = False
patch: Any = patching(globals())
