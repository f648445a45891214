"""Parts of PyTorch that are not here: what they answer, and what they say where they cannot."""

import io
import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import nn


def test_cuda_answers_as_a_build_without_it():
    assert not torch.cuda.is_available() and torch.cuda.device_count() == 0 and not torch.cuda.is_initialized()
    assert torch.cuda.memory_allocated() == 0 and torch.cuda.memory_stats() == {} and torch.cuda.get_arch_list() == []
    assert torch.cuda.get_rng_state_all() == [] and torch.cuda.default_generators == ()
    for accepted in (torch.cuda.manual_seed, torch.cuda.manual_seed_all):
        assert accepted(1) is None
    assert torch.cuda.empty_cache() is None and torch.cuda.set_rng_state_all([]) is None
    with torch.cuda.device(None), torch.cuda.device(-1), torch.cuda.stream(None):
        pass
    with torch.cuda.device_of(torch.ones(1)):
        assert not torch.ones(1).is_cuda


@pytest.mark.parametrize(
    "call",
    [
        "current_device()", "synchronize()", "set_device(0)", "get_device_name()", "get_device_properties(0)",
        "Stream()", "current_stream()", "CUDAGraph()", "mem_get_info()", "init()", "reset_peak_memory_stats()",
        "get_rng_state()", "device(0).__enter__()", "FloatTensor(3)",
    ],
)  # fmt: skip
def test_what_needs_cuda_says_what_to_use(call):
    with pytest.raises(AssertionError, match=r"Torch not compiled with CUDA enabled.*--device-alias cuda=wgpu"):
        eval(f"torch.cuda.{call}")


def test_tensors_do_not_go_to_cuda():
    for move in (lambda: torch.ones(1).cuda(), lambda: nn.Linear(1, 1).cuda(0), lambda: torch.ones(1, device="cuda")):
        with pytest.raises(RuntimeError, match="device='wgpu'"):
            move()
    assert not isinstance(torch.ones(1), torch.cuda.FloatTensor)


@pytest.mark.parametrize("kind", ["xpu", "mps", "mtia"])
def test_other_devices(kind):
    module = getattr(torch, kind)
    assert not module.is_available() and module.device_count() == 0 and module.manual_seed(1) is None
    with pytest.raises((AssertionError, RuntimeError), match=f"torch.{kind}.synchronize"):
        module.synchronize()


def test_switches_of_backends_keep_what_they_are_set_to():
    cudnn = torch.backends.cudnn
    assert not cudnn.is_available() and cudnn.version() is None and not cudnn.is_acceptable(torch.ones(1))
    with cudnn.flags(enabled=False, benchmark=True):
        assert cudnn.benchmark and not cudnn.enabled
    assert cudnn.enabled and not cudnn.benchmark
    assert torch.backends.cuda.matmul.allow_tf32 is False
    with torch.backends.cuda.sdp_kernel(enable_flash=False):
        assert not torch.backends.cuda.flash_sdp_enabled()
    assert torch.backends.cuda.flash_sdp_enabled()
    parts = ("cuda", "mkl", "mkldnn", "mps", "openmp", "opt_einsum", "nnpack")
    answers = {part: getattr(torch.backends, part) for part in parts}
    assert not any(getattr(part, "is_available", part.is_built if hasattr(part, "is_built") else None)()
                   for part in answers.values())  # fmt: skip


def test_settings():
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled() and torch.get_deterministic_debug_mode() == 1
    torch.set_deterministic_debug_mode("default")
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_float32_matmul_precision() == "highest"
    with pytest.raises(RuntimeError, match="invalid precision"):
        torch.set_float32_matmul_precision("low")
    torch.set_default_tensor_type(torch.DoubleTensor)
    assert torch.ones(1).dtype is torch.float64
    torch.set_default_tensor_type("torch.FloatTensor")
    assert torch.ones(1).dtype is torch.float32 and torch.set_flush_denormal(True) is False


def test_without_a_group_of_processes():
    dist = torch.distributed
    assert dist.is_available() and not dist.is_initialized() and dist.group.WORLD is None
    for call in (dist.get_rank, dist.get_world_size, dist.barrier, lambda: dist.all_reduce(torch.ones(1))):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            call()
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        nn.parallel.DistributedDataParallel(nn.Linear(1, 1))
    from ferrotorch.distributed.tensor import DTensor

    assert not isinstance(torch.ones(1), DTensor) and not dist.rpc.is_available()


def test_exports_say_what_to_do_instead():
    assert not torch.onnx.is_in_onnx_export()
    with pytest.raises(torch.onnx.OnnxExporterError, match="state_dict"):
        torch.onnx.export(nn.Linear(1, 1), torch.ones(1, 1), io.BytesIO())
    with pytest.raises(RuntimeError, match="no archive of TorchScript"):
        torch.jit.load(io.BytesIO())


def test_parts_are_modules_and_attributes():
    parts = "cuda xpu mps mtia amp jit compiler distributed hub onnx futures multiprocessing types backends.cudnn"
    code = "\n".join(
        f"import torch.{part}; import torch; assert torch.{part}.__name__ == 'torch.{part}'" for part in parts.split()
    )
    done = subprocess.run([sys.executable, "-m", "ferrotorch", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_of_it_is_loaded_by_import():
    code = """if True:
        import ferrotorch, sys
        parts = {name.split(".")[1] for name in sys.modules if name.startswith("ferrotorch.")}
        absent = {"cuda", "amp", "jit", "compiler", "_dynamo", "distributed", "hub", "multiprocessing"}
        assert not parts & absent, parts
    """
    subprocess.run([sys.executable, "-c", code], check=True)
