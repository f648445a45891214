"""``python -m ferrotorch``: programs that say ``import torch``."""

import subprocess
import sys

import ferrotorch
import pytest


def run(*arguments: str, cwd) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ferrotorch", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def succeed(*arguments: str, cwd) -> str:
    result = run(*arguments, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def test_torch_names_the_very_same_modules(write, tmp_path):
    write(
        "script.py",
        """
import sys
import torch, torch.nn.functional as F, torch.utils.data
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
import ferrotorch
assert torch is ferrotorch and nn is ferrotorch.nn and F is ferrotorch.nn.functional and optim is ferrotorch.optim
assert torch.utils.data is sys.modules["ferrotorch.utils.data"] and StepLR is ferrotorch.optim.lr_scheduler.StepLR
assert ferrotorch.nn.__spec__.name == "torch.nn" and torch.__spec__.name == "torch"
aliases = [name for name in sys.modules if name == "torch" or name.startswith("torch.")]
assert all(sys.modules[name] is sys.modules["ferro" + name] for name in aliases)
loss = F.mse_loss(nn.Linear(2, 1)(torch.ones(3, 2)), torch.zeros(3, 1))
loss.backward()
print("done")
""",
    )
    assert succeed("script.py", cwd=tmp_path) == "done\n"


def test_main_module_and_arguments_are_the_scripts(write, tmp_path):
    write("helper.py", "import torch\nvalue = torch.arange(3).sum().item()\n")
    path = write(
        "script.py",
        """
import os, sys, helper
import __main__
assert __name__ == "__main__" and __main__.helper is helper and __main__.__dict__ is globals()
"""
        'print(sys.argv, __file__, __spec__, sys.path[0] == os.path.dirname(__file__), "main" in globals())\n',
    )
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    output = succeed(path, "-x", "--help", "a b", cwd=outside)
    assert output == f"{[path, '-x', '--help', 'a b']} {path} None True False\n"


def test_module_and_code_forms(write, tmp_path):
    write("tool/__init__.py", "")
    write("tool/train.py", "import sys, torch\nprint(__name__, __package__, sys.argv[1:], torch.__name__)\n")
    write("tool/__main__.py", "from . import train\nprint(__spec__.name)\n")
    assert succeed("-m", "tool.train", "--epochs", "3", cwd=tmp_path) == "__main__ tool ['--epochs', '3'] torch\n"
    assert succeed("-m", "tool", cwd=tmp_path) == "tool.train tool [] torch\ntool.__main__\n"
    assert succeed("-c", "import sys, torch; print(sys.argv, torch.ones(2))", "x", cwd=tmp_path) == (
        "['-c', 'x'] tensor([1., 1.])\n"
    )


def test_tracebacks_and_exit_codes_are_those_of_the_script(write, tmp_path):
    path = write("fails.py", "import torch\n\ndef f():\n    raise KeyError('lost')\n\nf()\n")
    result = run("fails.py", cwd=tmp_path)
    direct = subprocess.run([sys.executable, "-c", f"import runpy; runpy.run_path({path!r})"], capture_output=True)
    assert result.returncode == direct.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[:2] == ["Traceback (most recent call last):", f'  File "{path}", line 6, in <module>']
    assert lines[-1] == "KeyError: 'lost'" and "runpy" not in result.stderr

    write("exits.py", "import sys\nsys.exit(7)\n")
    assert run("exits.py", cwd=tmp_path).returncode == 7
    write("syntax.py", "x = = 1\n")
    result = run("syntax.py", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.splitlines()[0].strip().startswith("File ") and "SyntaxError" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["absent.py"], 2, "can't open file"),
        (["-m", "no_such_module_here"], 1, "no module named 'no_such_module_here'"),
        (["-m"], 2, "argument expected for the -m option"),
        (["--what"], 2, "unknown option --what"),
        ([], 2, "usage: python -m ferrotorch"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path, arguments, status, message):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == status
    assert message in result.stderr and "Traceback" not in result.stderr


def test_missing_parts_are_missing_under_torch_too(tmp_path):
    result = run("-c", "import torch.no_such_part", cwd=tmp_path)
    assert result.returncode == 1
    assert "ModuleNotFoundError: No module named 'torch.no_such_part'" in result.stderr


def test_pickles_that_name_torch_load(tmp_path):
    code = r"""
import pickle, torch
cls = pickle.loads(b"ctorch.nn.modules.linear\nLinear\n.")
assert cls is torch.nn.Linear
layer = pickle.loads(pickle.dumps(torch.nn.Linear(2, 3)))
print(layer)
"""
    assert succeed("-c", code, cwd=tmp_path) == "Linear(in_features=2, out_features=3, bias=True)\n"


def test_spawned_processes_import_the_same_torch(write, tmp_path):
    write(
        "script.py",
        """
import multiprocessing
import torch

def work(n):
    import torch.nn
    return torch.__name__, torch.nn.__name__, torch.arange(n).sum().item()

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(work, [4]))
""",
    )
    assert succeed("script.py", cwd=tmp_path) == "[('torch', 'torch.nn', 6)]\n"


def test_parts_have_the_names_of_pytorch(tmp_path):
    code = """
import importlib.metadata, importlib.util, inspect, pickle, sys, typing
import torch
import torch.nn.functional as F
from torch.nn.modules.activation import MultiheadAttention
assert torch.__name__ == "torch" and torch.nn.__name__ == "torch.nn" and torch.nn.__package__ == "torch.nn"
homes = {
    torch.Tensor: "torch", torch.Size: "torch", torch.dtype: "torch", torch.FloatTensor: "torch",
    torch.nn.Parameter: "torch.nn.parameter", torch.nn.Linear: "torch.nn.modules.linear",
    torch.nn.LazyLinear: "torch.nn.modules.linear", MultiheadAttention: "torch.nn.modules.activation",
    torch.optim.Adam: "torch.optim.adam", torch.optim.lr_scheduler.StepLR: "torch.optim.lr_scheduler",
    torch.distributions.Normal: "torch.distributions.normal",
    torch.utils.data.DataLoader: "torch.utils.data.dataloader",
    F.softmax: "torch.nn.functional", torch.nn.init.zeros_: "torch.nn.init", torch.norm: "torch",
    torch.autograd.Function: "torch.autograd.function",
}
for part, home in homes.items():
    assert part.__module__ == home, (part, part.__module__)
    assert getattr(sys.modules[home], part.__qualname__) is part
    assert pickle.loads(pickle.dumps(part)) is part
assert str(type(torch.ones(1))) == "<class 'torch.Tensor'>"
assert importlib.util.find_spec("torch").name == "torch"
assert importlib.metadata.version("torch") == torch.__version__ == torch.version.__version__
assert importlib.metadata.distribution("torch").metadata["Name"] == "torch"
assert isinstance(torch.__version__, torch.torch_version.TorchVersion) and torch.__version__ >= (2, 15)
assert torch.version.cuda is torch.version.hip is None
for part in (torch.nn.Linear, torch.optim.SGD, torch.nn.CrossEntropyLoss, torch.autograd.Function):
    assert inspect.getsource(part).startswith(f"class {part.__name__}")
for part in (torch.nn.LazyLinear, torch.optim.lr_scheduler.StepLR):  # written in a file of another name
    try:
        raise AssertionError(inspect.getsource(part))
    except OSError:
        pass
for cls in (torch.nn.Linear, torch.nn.LSTM, torch.optim.lr_scheduler.StepLR, torch.nn.LazyLinear):
    assert "ferrotorch" not in str(typing.get_type_hints(cls))
print("done")
"""
    assert succeed("-c", code, cwd=tmp_path) == "done\n"


def test_the_library_itself_keeps_its_names():
    assert ferrotorch.nn.Linear.__module__ == "ferrotorch.nn.modules.linear"
    assert (ferrotorch.__name__, ferrotorch.__version__) == ("ferrotorch", ferrotorch.version.__version__)
