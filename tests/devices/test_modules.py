"""`torch.wgpu`, `torch.accelerator` and `torch.cpu`."""

import ferrotorch as torch
import pytest


def test_gpus_are_counted_and_described(gpu):
    assert torch.wgpu.is_available() and torch.accelerator.is_available()
    assert torch.wgpu.device_count() == torch.accelerator.device_count() >= 1
    facts = torch.wgpu.get_device_properties(0)
    assert facts.name == torch.wgpu.get_device_name() == torch.wgpu.get_device_name("wgpu:0")
    assert facts.type in ("discrete", "integrated", "virtual", "cpu", "other")
    assert facts.max_tensor_bytes >= 1 << 27
    torch.zeros(1, device=gpu)
    assert torch.wgpu.is_initialized()


@pytest.mark.parametrize("module", [torch.wgpu, torch.accelerator])
def test_memory_is_counted(gpu, module):
    n = 1 << 20
    before = module.memory_allocated()
    torch.wgpu.reset_peak_memory_stats()
    x = torch.zeros(n, device=gpu)
    y = x + 1
    assert 8 * n <= module.memory_allocated() - before <= 10 * n
    del y
    assert 4 * n <= module.memory_allocated() - before <= 5 * n
    assert module.max_memory_allocated() - before >= 8 * n
    assert module.memory_reserved() >= module.memory_allocated() + 4 * n
    assert module.max_memory_reserved() >= module.memory_reserved()
    stats = module.memory_stats(0)
    assert stats["allocated_bytes.all.current"] == module.memory_allocated(torch.device("wgpu", 0))
    module.empty_cache()
    assert module.memory_reserved() == module.memory_allocated()
    assert x.sum().item() == 0
    del x
    assert module.memory_allocated() == before
    module.reset_peak_memory_stats()
    assert module.max_memory_allocated() == before


def test_waiting_raises_what_the_work_has_left(gpu):
    torch.zeros(3, device=gpu)[torch.tensor([7], device=gpu)]
    with pytest.raises(IndexError):
        torch.wgpu.synchronize()
    torch.accelerator.synchronize()
    torch.wgpu.synchronize("wgpu:0")


def test_the_current_gpu(gpu):
    with torch.wgpu.device(0), torch.accelerator.device_index(None), torch.wgpu.device_of(torch.zeros(1)):
        assert torch.wgpu.current_device() == torch.accelerator.current_device_index() == 0
        assert torch.zeros(1, device="wgpu").device == torch.device("wgpu:0")
    torch.wgpu.set_device("wgpu:0")
    torch.accelerator.set_device_index(0)
    torch.wgpu.set_device(-1)
    torch.wgpu.init()
    for choose in [
        torch.wgpu.set_device,
        torch.wgpu.device,
        torch.accelerator.set_device_index,
        torch.wgpu.get_rng_state,
    ]:
        with pytest.raises(RuntimeError, match="invalid device number 77"):
            choose(77)
        with pytest.raises(ValueError, match="Expected a wgpu device, but got: cpu"):
            choose("cpu")


def test_modules_by_name():
    assert torch.accelerator.current_accelerator() == torch.device("wgpu")
    assert torch.get_device_module("wgpu") is torch.wgpu
    assert torch.get_device_module(torch.device("cpu")) is torch.cpu
    expected = torch.wgpu if torch.accelerator.is_available() else torch.cpu
    assert torch.get_device_module() is expected
    with pytest.raises(RuntimeError, match="Invalid device type 'meta'"):
        torch.get_device_module("meta")


def test_the_host_is_a_device():
    assert torch.cpu.is_available() and torch.cpu.is_initialized()
    assert (torch.cpu.device_count(), torch.cpu.current_device()) == (1, "cpu")
    torch.cpu.set_device(0)
    torch.cpu.synchronize()


@pytest.mark.parametrize("text", ["cuda:01", "cpu:00", "cpu:", "cpu:-1", "cpu:+1", "cpu: 1", "cpu:1a", "cpu:1:2"])
def test_a_device_number_is_written_as_python_writes_it(text):
    with pytest.raises(RuntimeError, match=f"Invalid device string: '{text.replace('+', '[+]')}'"):
        torch.device(text)


def test_a_truth_value_is_no_device():
    for call in (lambda: torch.device(True), lambda: torch.device("cpu", False), lambda: torch.zeros(2, device=True)):
        with pytest.raises(TypeError):
            call()
    assert torch.device("cpu", 0) == torch.device("cpu:0")
