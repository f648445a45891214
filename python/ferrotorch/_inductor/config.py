"""Options of PyTorch's compiler, which is not here; they keep what they are set to."""

from types import SimpleNamespace
from typing import Any

from ferrotorch._config_module import patching

debug = False
# What is tried to make kernels quicker.
coordinate_descent_tuning = False
coordinate_descent_check_all_directions = False
max_autotune = False
max_autotune_gemm = False
max_autotune_pointwise = False
max_autotune_gemm_backends = "ATEN,TRITON,CPP"
max_autotune_gemm_search_space = "DEFAULT"
search_autotune_cache = False
# Which ops become one kernel.
epilogue_fusion = True
prologue_fusion = True
aggressive_fusion = False
batch_fusion = True
group_fusion = False
max_fusion_size = 64
pattern_matcher = True
split_cat_fx_passes = True
efficient_conv_bn_eval_fx_passes = False
force_fuse_int_mm_with_mul = False
use_mixed_mm = True
mixed_mm_choice = "heuristic"
b2b_gemm_pass = False
decompose_mem_bound_mm = False
split_reductions = True
unroll_reductions_threshold = 8
# Functions of one's own that would be given graphs.
pre_grad_custom_pass: Any = None
joint_custom_pre_pass: Any = None
joint_custom_post_pass: Any = None
post_grad_custom_pre_pass: Any = None
post_grad_custom_post_pass: Any = None
pre_grad_fusion_options: dict[str, Any] = {}
post_grad_fusion_options: dict[str, Any] = {}
custom_should_partition_ops: list[str] = []
reorder_for_compute_comm_overlap = False
reorder_for_compute_comm_overlap_passes: list[Any] = []
# What numbers come out.
batch_invariant = False
deterministic = False
fallback_random = False
emulate_precision_casts = False
use_fast_math = False
# Memory and layouts.
allow_buffer_reuse = True
inplace_buffers = True
memory_planning = False
layout_optimization = True
keep_output_stride = True
shape_padding = True
size_asserts = True
nan_asserts = False
freezing = False
graph_partition = True
implicit_fallbacks = True
# How compiling goes about.
compile_threads = 1
worker_start_method = "subprocess"
cpp_wrapper = False
cpp_cache_precompile_headers = True
disable_progress = True
verbose_progress = False
fx_graph_cache = True
fx_graph_remote_cache: bool | None = None
force_disable_caches = False
autotune_local_cache = True
autotune_remote_cache: bool | None = None
bundle_triton_into_fx_graph_cache = True

aot_inductor = SimpleNamespace(
    output_path="", debug_compile=False, package=False, compile_wrapper_opt_level="O1", precompile_headers=True
)
cpp = SimpleNamespace(
    threads=-1, simdlen=None, enable_concat_linear=False, weight_prepack=True, min_chunk_size=512, dynamic_threads=False
)
eager_numerics = SimpleNamespace(division_rounding=False)
test_configs = SimpleNamespace()
trace = SimpleNamespace(enabled=False, graph_diagram=False)
triton = SimpleNamespace(
    cudagraphs=False, cudagraph_trees=True, cudagraph_skip_dynamic_graphs=False, unique_kernel_names=True,
    multi_kernel=0, max_tiles=None,
)  # fmt: skip
patch: Any = patching(globals())
