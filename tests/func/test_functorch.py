"""The names under which `torch.func` was known before."""

import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import _functorch as functorch
from ferrotorch import nn

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
