"""The names under which `torch.func` was known before."""

import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch._functorch import deprecated as functorch
from ferrotorch._functorch import experimental

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def test_modules_as_functions():
    layer, x = nn.Linear(3, 2), torch.ones(4, 3)
    function, params = functorch.make_functional(layer)
    assert torch.equal(function(params, x), layer(x)) and params[0] is not layer.weight
    assert not functorch.make_functional(layer, True)[1][0].requires_grad
    norm = nn.BatchNorm1d(3).eval()
    function, params, buffers = functorch.make_functional_with_buffers(norm)
    assert torch.equal(function(params, buffers, x), norm(x)) and len(buffers) == 3
    with pytest.raises(RuntimeError, match="`model` has buffers"):
        functorch.make_functional(norm)


def test_an_ensemble():
    layers, x = [nn.Linear(3, 2) for _ in range(3)], torch.ones(4, 3)
    function, params, buffers = functorch.combine_state_for_ensemble(layers)
    result = functorch.vmap(function, (0, 0, None))(params, buffers, x)
    assert torch.allclose(result, torch.stack([layer(x) for layer in layers]))
    with pytest.raises(RuntimeError, match="of the same class"):
        functorch.combine_state_for_ensemble([layers[0], nn.ReLU()])


def test_its_names_warn():
    with pytest.warns(FutureWarning, match=r"`functorch.grad` is deprecated .* Please use `torch.func.grad` instead"):
        assert functorch.grad(lambda x: x * x)(torch.tensor(3.0)) == 6


def test_programs_written_for_pytorch_import_it(tmp_path):
    script = tmp_path / "script.py"
    lines = [
        "import torch, functorch",
        "assert functorch.__version__",
        "print(functorch.vmap(torch.sin)(torch.zeros(2)))",
    ]
    script.write_text("\n".join(lines))
    command = [sys.executable, "-W", "ignore", "-m", "ferrotorch", str(script)]
    assert "tensor([0., 0.])" in subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_programs_import_its_parts(tmp_path):
    script = tmp_path / "script.py"
    lines = [
        "import torch",
        "import functorch.experimental",
        "from functorch.einops import rearrange",
        "from functorch.experimental import replace_all_batch_norm_modules_",
        "assert functorch.experimental.functionalize is torch.func.functionalize",
        "norm = replace_all_batch_norm_modules_(torch.nn.Sequential(torch.nn.BatchNorm1d(2)))[0]",
        "print(norm.running_mean, rearrange(torch.zeros(2, 3), 'a b -> b a').shape)",
    ]
    script.write_text("\n".join(lines))
    command = [sys.executable, "-W", "error", "-m", "ferrotorch", str(script)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert shown == "None torch.Size([3, 2])\n"


@pytest.mark.parametrize(("chunks", "calls"), [(1, 1), (2, 2), (3, 3), (4, 3), (7, 5)])
@pytest.mark.parametrize("dim", [0, 1])
def test_samples_in_a_number_of_parts(chunks, calls, dim):
    seen = []

    def double(x):
        seen.append(x.shape)
        return x * 2

    x = torch.arange(15.0).reshape(5, 3).movedim(0, dim)
    result = experimental.chunk_vmap(double, in_dims=dim, out_dims=dim, chunks=chunks)(x)
    assert torch.equal(result, x * 2) and seen == [(3,)] * calls


def test_parts_draw_the_same_numbers():
    drawn = experimental.chunk_vmap(lambda x: x + torch.rand(()), randomness="same")(torch.zeros(4))
    assert drawn.unique().numel() == 1
    with pytest.raises(RuntimeError, match="expects `chunks` to be greater than 0, got: 0"):
        experimental.chunk_vmap(torch.sin, chunks=0)


class TestVmapFromOutside:
    """What packages ask, and replace, of PyTorch's modules behind `vmap`."""

    def test_questions_about_samples(self):
        from ferrotorch._functorch import extension

        seen = []

        def look(x):
            seen.extend([extension.is_batchedtensor(x), extension.get_unwrapped(x).shape, extension.maybe_get_level(x)])
            return x * 2

        x = torch.ones(3, 2)
        assert torch.vmap(look)(x).sum() == 12 and seen == [True, (3, 2), 1]
        assert not extension.is_batchedtensor(x) and extension.get_unwrapped(x) is x
        assert extension.maybe_get_level(x) == -1 and extension.maybe_current_level() is None
        assert torch._C._functorch is extension

    def test_containers_that_are_taken_apart_otherwise(self, monkeypatch):
        from ferrotorch._functorch import vmap as source

        class Pair:
            def __init__(self, tensor):
                self.tensor = tensor

        def inputs(in_dims, args, func):
            return args[0].tensor.size(0), [0], [args[0].tensor], None

        def samples(dims, leaves, level, spec):
            return [Pair(source._add_batch_dim(leaves[0], 0, level))]

        monkeypatch.setattr(source, "_process_batched_inputs", inputs)
        monkeypatch.setattr(source, "_create_batched_inputs", samples)
        result = torch.vmap(lambda pair: pair.tensor.sum())(Pair(torch.arange(6.0).view(2, 3)))
        assert result.tolist() == [3, 12]
