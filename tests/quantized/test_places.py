"""Names of quantization are found in the places where programs look for them."""

import importlib

import ferrotorch as torch
import pytest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quantization", "ao.quantization"),
        ("nn.quantized", "ao.nn.quantized"),
        ("nn.quantized.dynamic", "ao.nn.quantized.dynamic"),
        ("nn.intrinsic", "ao.nn.intrinsic"),
        ("nn.intrinsic.qat", "ao.nn.intrinsic.qat"),
        ("nn.intrinsic.quantized", "ao.nn.intrinsic.quantized"),
        ("nn.qat", "ao.nn.qat"),
    ],
)
def test_older_places_have_the_same_names(old, new):
    place, home = (importlib.import_module(f"ferrotorch.{path}") for path in (old, new))
    assert place.__all__ == home.__all__
    assert all(getattr(place, name) is getattr(home, name) for name in home.__all__)


def test_attributes_load_the_parts():
    assert torch.nn.quantized.Linear is torch.ao.nn.quantized.Linear
    assert torch.nn.quantized.dynamic.LSTM is torch.ao.nn.quantized.dynamic.LSTM
    assert torch.nn.intrinsic.qat.ConvBn2d is torch.ao.nn.intrinsic.qat.ConvBn2d
    assert torch.backends.quantized.engine in torch.backends.quantized.supported_engines


@pytest.mark.parametrize("dtype", [torch.qint8, torch.quint8, torch.qint32])
def test_dtypes_of_quantized_tensors(dtype):
    assert isinstance(dtype, torch.dtype)
    assert torch.quantize_per_tensor(torch.ones(2), 0.5, 1, dtype).dtype is dtype
    with pytest.raises(TypeError):
        torch.zeros(2, dtype=dtype)


@pytest.mark.parametrize("name", ["quantize_dynamic_jit", "quantize_jit"])
def test_graphs_are_not_quantized(name):
    with pytest.raises(NotImplementedError, match=f"{name}\\(\\): scripted models are not rewritten here"):
        getattr(torch.ao.quantization, name)()


def test_what_quantized_tensors_take_no_part_in_is_named():
    q = torch.quantize_per_tensor(torch.ones(2), 0.5, 1, torch.quint8)
    with pytest.raises(NotImplementedError, match=r"'aten::cumsum'.*'QuantizedCPU'.*dequantize"):
        q.cumsum(0)
    with pytest.raises(RuntimeError, match=r"is_quantized|quantized with one scale"):
        torch.ops.quantized.linear(torch.ones(1, 2), torch.ops.quantized.linear_prepack(q.view(1, 2), None), 0.1, 0)
