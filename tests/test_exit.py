"""The end of a program, whatever is alive then: exit status 0 and nothing on stderr.

Each program runs in an interpreter of its own and does nothing else: what an earlier call has set up may hide what is
missing at the end.
"""

import os
import subprocess
import sys
import tempfile

import pytest

NOTHING_ELSE = {
    "tensor": "x = torch.tensor(1.0)",
    "zeros": "x = torch.zeros(3)",
    "empty": "x = torch.empty(3)",
    "arange": "x = torch.arange(3)",
    "randn": "x = torch.randn(3)",
    "class": "x = torch.Tensor([1.0])",
    "numpy": "import numpy; x = torch.from_numpy(numpy.ones(3))",
    "to_numpy": "x = torch.ones(3).numpy()",
    "buffer": "x = torch.frombuffer(bytearray(8), dtype=torch.uint8)",
    "from_dlpack": "import numpy; x = torch.from_dlpack(numpy.ones(3))",
    "to_dlpack": "import numpy; x = numpy.from_dlpack(torch.ones(3))",
    "capsule": "x = torch.ones(3).__dlpack__()",
    "storage": "x = torch.ones(3).untyped_storage()",
    "parameter": "x = torch.nn.Parameter(torch.ones(3))",
    "module": "x = torch.nn.LSTM(2, 2)",
    "graph": "x = torch.ones(3, requires_grad=True).exp()",
    "grad": "x = torch.ones(3, requires_grad=True); x.sum().backward()",
    "generator": "x = torch.Generator()",
    "device": "torch.set_default_device('cpu'); x = torch.ones(3)",
    "hook": "x = torch.ones(3, requires_grad=True); h = x.register_hook(lambda g: x)",
    "node hook": "x = torch.ones(3, requires_grad=True).exp(); x.grad_fn.register_hook(lambda *g: x)",
    "attribute": "x = torch.tensor(1.0); x.me = x",
    "cycle": "x = [torch.tensor(1.0)]; x.append(x); x[0].list = x",
    "weakref": "import weakref; x = torch.tensor(1.0); x.ref = weakref.ref(x, print)",
    "class attribute": "\nclass C: x = torch.tensor(1.0)\nC.x.owner = C",
    "subclass": "\nclass T(torch.Tensor): pass\nx = T([1.0]); x.me = x",
    "optimizer": "p = torch.nn.Parameter(torch.ones(3)); x = torch.optim.Adam([p]); p.sum().backward(); x.step()",
    "iterator": "x = iter(torch.utils.data.DataLoader(torch.ones(4)))",
    "saved hooks": "x = torch.autograd.graph.saved_tensors_hooks(lambda t: [t], lambda t: t[0]); x.__enter__(); "
    "y = torch.ones(3, requires_grad=True).exp()",
    "function": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.kept, ctx.y = ctx, x * 2
        ctx.save_for_backward(x)
        return ctx.y
    @staticmethod
    def backward(ctx, grad): return grad
x = F.apply(torch.ones(3, requires_grad=True)); x.node = x.grad_fn""",
    "op in __del__": """
class C:
    def __init__(self, x): self.x = x
    def __del__(self): self.x.exp_(); self.x = self.x + self.x
x = C(torch.ones(3))""",
    "backward in __del__": """
class C:
    def __init__(self, x): self.x = x; x.register_hook(lambda grad: grad * 2)
    def __del__(self): (self.x * self.x).sum().backward()
x = C(torch.ones(3, requires_grad=True))""",
    "names of an op in __del__": """
class C:
    def __init__(self, op): self.op = op
    def __del__(self): repr(self.op), self.op.__name__, self.op.__doc__
x = C(torch.exp)""",
    "atexit": "import atexit; x = torch.ones(3); atexit.register(lambda: x.exp().sum().item())",
    "sys.exit": "import sys; x = torch.ones(3); x.me = x; sys.exit()",
    "thread local": """
import threading
local = threading.local()
def work(): local.x = torch.ones(3, requires_grad=True).exp(); local.x.me = local.x
thread = threading.Thread(target=work); thread.start()""",
    "waiting daemon": """
import threading
local, ready = threading.local(), threading.Event()
def work(): local.x = torch.ones(3); local.x.me = local.x; ready.set(); threading.Event().wait()
threading.Thread(target=work, daemon=True).start(); ready.wait()""",
    "busy daemons": """
import threading, time
def work():
    x = torch.ones(100, 100, requires_grad=True)
    x.register_hook(lambda grad: [i for i in range(100)] and None)
    while True: ((x @ x) @ x).sum().backward()
for _ in range(3): threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)""",
    "handler that waits for a daemon": """
import atexit, threading
done = threading.Event()
def work():
    x = torch.ones(200, 200)
    for _ in range(30): x @ x
    done.set()
threading.Thread(target=work, daemon=True).start()
atexit.register(done.wait)""",
    "workers": "x = iter(torch.utils.data.DataLoader(torch.arange(8), num_workers=2)); next(x)",
    "persistent workers": """
loader = torch.utils.data.DataLoader(torch.arange(8), num_workers=2, persistent_workers=True)
for x in loader: break""",
    "cycle with workers": """
loader = torch.utils.data.DataLoader(torch.arange(8), num_workers=1)
x = [iter(loader)]; x.append(x); next(x[0])""",
    "sys module": "import sys; sys.kept = torch.ones(3); sys.kept.me = sys.kept",
    "builtins": "import builtins; builtins.kept = torch.ones(3); builtins.kept.me = builtins.kept",
    "exception": """
try: torch.ones(3) @ torch.ones(4)
except RuntimeError as e: error = e; error.x = torch.ones(3)""",
}


def end(program: str, *options: str) -> tuple[int, str]:
    """Exit status and stderr of a program."""
    command = [sys.executable, *options, "-c", f"import ferrotorch as torch\n{program}"]
    # Without this folder graphics drivers complain.
    environment = {"XDG_RUNTIME_DIR": tempfile.gettempdir(), **os.environ}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    return result.returncode, result.stderr


@pytest.mark.parametrize("program", NOTHING_ELSE.values(), ids=NOTHING_ELSE)
def test_ends_quietly(program):
    assert end(program) == (0, "")


@pytest.mark.parametrize("setup", ["torch.zeros(1)", "import gc; gc.disable()", "import gc; gc.freeze()"])
@pytest.mark.parametrize("kept", ["attribute", "function", "hook", "numpy"])
def test_ends_quietly_after_other_calls(setup, kept):
    assert end(f"{setup}\n{NOTHING_ELSE[kept]}\n{setup}") == (0, "")


def test_programs_for_pytorch_end_quietly():
    assert end("import torch; x = torch.ones(3); x.me = x", "-m", "ferrotorch") == (0, "")


@pytest.mark.parametrize(
    ("statement", "status", "last"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise KeyError('lost')", 1, "KeyError: 'lost'"),
        ("torch.ones(2) @ torch.ones(3)", 1, None),
    ],
)
def test_keeps_the_programs_own_status(statement, status, last):
    code, errors = end(f"x = torch.ones(3); x.me = x\n{statement}")
    assert code == status
    assert last is None or errors.strip().split("\n")[-1] == last


def test_loaded_tensors(tmp_path):
    path = tmp_path / "x.pt"
    assert end(f"torch.save(torch.ones(3), {str(path)!r})") == (0, "")
    for options in ("", ", mmap=True", ", weights_only=False"):
        assert end(f"x = torch.load({str(path)!r}{options}); x.me = x") == (0, "")


def test_tensors_of_each_device(device):
    assert end(
        f"x = torch.ones(3, device={device!r}, requires_grad=True); y = (x * 2).sum(); y.backward(); x.me = x"
    ) == (0, "")
