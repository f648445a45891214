"""The name ``torch`` and the device ``cuda`` for this library, in programs that ``-m ferrotorch`` does not start."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import ferrotorch
import pytest

PACKAGES = Path(ferrotorch.__file__).parents[1]


def python(code, *options, executable=sys.executable, **variables):
    return subprocess.run(
        [executable, *options, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(PACKAGES), **variables},
        check=False,
    )


def output(code, *options, **variables):
    done = python(code, *options, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_install_as_torch():
    code = """if True:
        import ferrotorch
        ferrotorch.nn.Linear
        ferrotorch.install_as_torch()
        ferrotorch.install_as_torch()
        import importlib.metadata, importlib.util
        assert importlib.util.find_spec("torch") and importlib.util.find_spec("torch.nn.functional")
        assert importlib.util.find_spec("torch.cuda.amp") and importlib.util.find_spec("torch._dynamo")
        import torch
        assert torch is ferrotorch and torch.nn.Linear.__module__ == "torch.nn.modules.linear"
        assert importlib.metadata.version("torch") == torch.__version__ == torch.version.__version__
        v = torch.version
        print(v.cuda, v.hip, v.debug, v.xpu, type(v.git_version).__name__, torch.__name__)
    """
    assert output(code) == "None None False None str torch\n"


def test_pytorch_that_was_imported_stays():
    code = """if True:
        import sys, types
        sys.modules["torch"] = types.ModuleType("torch")
        import ferrotorch
        ferrotorch.install_as_torch()
    """
    assert "RuntimeError: install_as_torch(): PyTorch has been imported already" in python(code).stderr


CUDA = """if True:
    import torch
    assert torch.cuda.is_available() and torch.cuda.device_count() >= 1 and torch.device("cuda").type == "cuda"
    x = torch.ones(2, 3, device="cuda")
    model = torch.nn.Linear(3, 2).cuda()
    y = model(x)
    y.sum().backward()
    assert x.is_cuda and not x.is_cpu and str(x.device) == "cuda:0" and y.device == torch.device("cuda", 0)
    assert "device='cuda:0'" in repr(x) and x.get_device() == 0 and isinstance(x, torch.cuda.FloatTensor)
    assert torch.equal(model.weight.grad.cpu(), torch.full((2, 3), 2.0)) and x.cuda() is x
    torch.cuda.synchronize()
    assert torch.cuda.memory_allocated() > 0 and torch.cuda.current_device() == 0 and torch.cuda.get_device_name()
    torch.cuda.manual_seed_all(1)
    first = torch.randn(3, device="cuda")
    torch.cuda.manual_seed(1)
    assert torch.equal(torch.randn(3, device="cuda"), first) and torch.cuda.initial_seed() == 1
    stream, start, end = torch.cuda.Stream(), torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    with torch.cuda.stream(stream), torch.cuda.device(0):
        start.record()
        (x @ x.t()).record_stream(stream)
        end.record()
    stream.synchronize()
    assert start.elapsed_time(end) > 0 and torch.cuda.current_stream() == stream
    with torch.cuda.amp.autocast():
        assert (x @ x.t()).dtype is torch.float16
    with torch.autocast(device_type="cuda", dtype=torch.bfloat16):
        assert torch.is_autocast_enabled() and (x @ x.t()).dtype is torch.bfloat16
    scaler = torch.cuda.amp.GradScaler()
    assert scaler.is_enabled() and scaler.scale(x.sum()).item() == 6 * 65536
    torch.save(model.state_dict(), FILE)
    assert torch.load(FILE)["weight"].device.type == "cuda"
    assert torch.load(FILE, map_location="cpu")["weight"].device.type == "cpu"
    with torch.device("cuda"):
        assert torch.zeros(1).is_cuda
    assert torch.tensor([1.0]).to(0).is_cuda and torch.zeros(1, device="wgpu").is_cuda
    torch.cuda.empty_cache()
    print("done")
"""


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (["-W", "ignore", "-m", "ferrotorch", "--device-alias", "cuda=wgpu"], {}),
        (["-W", "ignore", "-m", "ferrotorch"], {"FERROTORCH_DEVICE_ALIAS": "cuda=wgpu"}),
    ],
    ids=["option", "variable"],
)
def test_scripts_that_say_cuda_run_on_the_gpu(gpu, tmp_path, options, variables):
    assert output(f"FILE = {str(tmp_path / 'm.pt')!r}\n{CUDA}", *options, **variables) == "done\n"


def test_other_aliases_are_refused():
    done = python("pass", "-m", "ferrotorch", "--device-alias", "cuda=cpu")
    assert done.returncode == 2 and "what there is is 'cuda=wgpu'" in done.stderr
    done = subprocess.run([sys.executable, "-m", "ferrotorch", "--device-alias"], capture_output=True, text=True)
    assert done.returncode == 2 and "argument expected for --device-alias" in done.stderr


def test_a_forwarding_distribution(tmp_path):
    venv.create(tmp_path / "env", symlinks=True)
    executable = str(tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python")

    def manage(option):
        return subprocess.run(
            [executable, "-m", "ferrotorch", option],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PACKAGES)},
            check=False,
        )

    def files():
        return sorted(
            str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if "torch" in str(p.relative_to(tmp_path))
        )

    assert manage("--uninstall").returncode == 1 and files() == []
    for _ in range(2):
        done = manage("--install")
        assert done.returncode == 0 and "forwards to ferrotorch now" in done.stdout, done.stderr
    code = """if True:
        import importlib.metadata, importlib.util
        assert importlib.util.find_spec("torch") is not None
        assert importlib.metadata.version("torch").endswith("+ferrotorch")
        import torch.nn.functional as F
        import torch
        print(torch.__name__, F.relu(torch.tensor(-1.0)).item(), torch.nn.Linear.__module__)
    """
    done = python(code, executable=executable)
    assert done.stdout == "torch 0.0 torch.nn.modules.linear\n", done.stderr
    assert manage("--uninstall").returncode == 0 and files() == []

    folder = next((tmp_path / "env").rglob("site-packages"))
    (folder / "torch-2.9.0.dist-info").mkdir()
    (folder / "torch-2.9.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.9.0\n")
    for option in ("--install", "--uninstall"):
        done = manage(option)
        assert done.returncode == 1 and "torch" in done.stderr and "Traceback" not in done.stderr
    assert len(files()) == 2


def test_graphs_of_layers_name_the_types_of_torch():
    code = """if True:
        import ferrotorch
        ferrotorch.install_as_torch()
        from torch import nn
        from torch.fx import symbolic_trace
        print(symbolic_trace(nn.ReLU()).code.split("def ")[1].splitlines()[0])
        print(symbolic_trace(nn.Sequential(nn.ReLU())).code.split("def ")[1].splitlines()[0])
    """
    assert output(code).splitlines() == [
        "forward(self, input : torch.Tensor) -> torch.Tensor:",
        "forward(self, input):",
    ]
