"""Modules that PyTorch has and this library has under another name, without the package's: whose content is whose."""

from __future__ import annotations

__all__ = ["MODULES", "PARENTS", "SHADOWED"]

_QUANTIZATION = (
    "fake_quantize", "fuse_modules", "fuser_method_mappings", "observer", "qconfig", "quant_type",
    "quantization_mappings", "quantize", "stubs", "utils",
)  # fmt: skip

MODULES = {
    "_functorch.apis": "func",
    "_functorch.eager_transforms": "func",
    "_functorch.functional_call": "func",
    "_library.infer_schema": "_library.infer",
    "accelerator.memory": "accelerator",
    "accelerator.random": "accelerator",
    "cuda.comm": "nn.parallel.comm",
    "distributed._composable.fsdp.fully_shard": "distributed._composable.fsdp",
    "distributed.checkpoint._fsspec_filesystem": "distributed.checkpoint.fsspec_filesystem",
    "export.unflatten": "export",
    "jit._async": "jit",
    "jit._script": "jit",
    "jit._serialization": "jit",
    "jit._trace": "jit",
    "masked._ops": "masked",
    "mps.event": "mps",
    "nested._internal": "nested",
    "nested._internal.nested_tensor": "nested",
    "nn.intrinsic.modules": "ao.nn.intrinsic.modules",
    "nn.intrinsic.modules.fused": "ao.nn.intrinsic.modules.fused",
    "nn.parallel.parallel_apply": "nn.parallel.scatter_gather",
    "nn.parallel.replicate": "nn.parallel.scatter_gather",
    "nn.qat.modules": "ao.nn.qat.modules",
    "nn.quantized.functional": "ao.nn.quantized.functional",
    "nn.quantized.modules": "ao.nn.quantized.modules",
    "nn.quantized.dynamic.modules": "ao.nn.quantized.dynamic.modules",
    "nn.utils.spectral_norm": "nn.utils.legacy_spectral",
    "nn.utils.weight_norm": "nn.utils.legacy_norms",
    "profiler.profiler": "profiler",
    "signal.windows.windows": "signal.windows",
    "utils.benchmark.utils": "utils.benchmark",
    "utils.benchmark.utils.common": "utils.benchmark",
    "utils.benchmark.utils.compare": "utils.benchmark",
    "utils.benchmark.utils.timer": "utils.benchmark",
    "utils.data._utils.worker": "utils.data._worker",
    "utils.tensorboard._convert_np": "utils.tensorboard.summary",
    "xpu.memory": "xpu",
    "xpu.random": "xpu",
    "xpu.streams": "xpu",
    **{f"quantization.{name}": f"ao.quantization.{name}" for name in _QUANTIZATION},
}

# Modules that have others below them in PyTorch, so that the import system has to take them for packages.
PARENTS = frozenset(name.rpartition(".")[0] for name in MODULES)

# Modules whose package has a function of their name: importing one must leave the function where it is.
SHADOWED = frozenset(
    [
        "distributed._composable.fsdp.fully_shard",
        "nn.parallel.parallel_apply",
        "nn.parallel.replicate",
        "nn.utils.spectral_norm",
        "nn.utils.weight_norm",
    ]
)
