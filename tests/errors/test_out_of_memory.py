"""Calls for which memory is too short: an error each, and the program goes on."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit of the address space is asked of Linux")

PRELUDE = """
import io, os, pickle, resource, sys
import ferrotorch as torch

def limit(megabytes):
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (megabytes << 20),) * 2)

def attempt(name, call):
    # A process of its own for each: what one leaves behind may be what the next one lacks.
    child = os.fork()
    if child == 0:
        status = 1
        try:
            limit(LEFT)
            call()
            status = 0
        except (MemoryError, RuntimeError) as error:
            status = 0 if isinstance(error, MemoryError) or "memory" in str(error) else 2
            if status: print(name, repr(error), flush=True)
        except BaseException as error:
            print(name, repr(error), flush=True)
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    if status: print(name, "ended with", os.waitstatus_to_exitcode(status), flush=True)
"""

CALLS = """
n = 3_000_000
x = torch.ones(n)
dtypes = [torch.bool, torch.uint8, torch.int16, torch.int64, torch.float16, torch.bfloat16, torch.float32,
          torch.float64, torch.complex64]
numbers, many = [0.5] * n, [[1, 2]] * n
for dtype in dtypes:
    y = x.to(dtype)
    attempt(f"tolist {dtype}", y.tolist)
    attempt(f"tolist of rows {dtype}", lambda: y.view(-1, 3).tolist())
    attempt(f"pickle {dtype}", lambda: [pickle.dumps(y) for _ in range(40)])
    attempt(f"save {dtype}", lambda: torch.save([y.clone() for _ in range(30)], io.BytesIO()))
    if not dtype.is_complex:
        attempt(f"sort {dtype}", y.sort)
        attempt(f"argsort {dtype}", lambda: torch.argsort(y, descending=True))
        if dtype is not torch.bool:
            attempt(f"topk {dtype}", lambda: y.topk(n - 1))
            attempt(f"few of topk {dtype}", lambda: y.topk(n // 20))
            attempt(f"kthvalue {dtype}", lambda: torch.kthvalue(y, n // 2))
        attempt(f"unique {dtype}", lambda: y.unique(return_inverse=True, return_counts=True))
huge = x[:1].expand(1 << 33)
for name in ("argmax", "max", "cumsum", "cummax", "cumprod", "nonzero"):
    attempt(name + " of a repeated element", lambda: getattr(huge, name)(*([] if name == "nonzero" else [0])))
attempt("gather by a repeated element", lambda: x.gather(0, x[:1].long().expand(1 << 33)))
attempt("range", lambda: torch.tensor(range(10**8)))
attempt("ints", lambda: torch.tensor([1] * n))
attempt("floats", lambda: torch.tensor(numbers))
attempt("floats as halves", lambda: torch.tensor(numbers, dtype=torch.float16))
attempt("nested", lambda: torch.tensor(many))
attempt("tensors", lambda: torch.tensor([torch.tensor(1.0)] * n))
attempt("as_tensor", lambda: torch.as_tensor(many))
attempt("storage", lambda: x.untyped_storage().tobytes())
attempt("stack", lambda: torch.stack([x[0]] * n))
attempt("cat", lambda: torch.cat([x[:1]] * n))
attempt("split", lambda: x.split(1))
attempt("unbind", lambda: x.unbind())
attempt("iterate", lambda: list(x))
attempt("index", lambda: x[[0] * n])
attempt("repeat_interleave", lambda: x.repeat_interleave(torch.full((n,), 3)))
attempt("bincount", lambda: torch.bincount(x.long(), minlength=10**8)) if hasattr(torch, "bincount") else None
torch.set_printoptions(threshold=10**9)
attempt("str", lambda: str(x))
attempt("nonzero", lambda: x.nonzero())
attempt("cumsum", lambda: x.view(3, -1).t().cumsum(1))
attempt("strided lines", lambda: x.view(3, -1).sort(0))
attempt("columns", lambda: x.view(3, -1).softmax(0))
attempt("median", lambda: x.median())
attempt("norm", lambda: torch.nn.functional.layer_norm(x, (n,)).sum())
attempt("batch_norm", lambda: torch.nn.functional.batch_norm(x.view(3, -1), None, None, training=True))
attempt("conv", lambda: torch.nn.functional.conv1d(x.view(1, 1, -1), x[:30].view(10, 1, 3)))
attempt("matmul", lambda: x.view(3000, 1000) @ x.view(1000, 3000))
attempt("multinomial", lambda: torch.multinomial(x, 10))
attempt("randperm", lambda: torch.randperm(10**7))
attempt("backward", lambda: (torch.ones(10**6, requires_grad=True).exp() * 2).exp().sum().backward())
attempt("index_put", lambda: x.index_put((torch.arange(n),), x, accumulate=True))
attempt("scatter", lambda: x.scatter_add(0, torch.arange(n), x))
attempt("einsum", lambda: torch.einsum("i,j->ij", x[:10000], x[:10000]))
"""


@pytest.mark.parametrize("left", [4, 30, 60, 150])
def test_short_memory_is_an_error(left):
    # So little is too little for the variables of a new thread, without which the C library ends a process.
    threads = "torch.set_num_threads(1)\n" if left == 4 else ""
    program = f"LEFT = {left}\n{PRELUDE}{threads}{CALLS}"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr[-2000:]


@pytest.mark.parametrize(
    "statement",
    [
        "torch.tensor(range(10**12))",
        "torch.tensor([range(10**12)] * 10**3)",
        "torch.as_tensor(range(10**12))",
        "x[range(10**12)]",
        "x.__setitem__(0, range(10**12))",
        "torch.zeros(3).index_put((torch.tensor([0]),), torch.tensor(range(10**12)))",
    ],
)
def test_sequences_longer_than_any_memory_are_refused_at_once(statement):
    program = f"""
import resource
import ferrotorch as torch
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
x = torch.zeros(3)
try: {statement}
except MemoryError as error: print(error)"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "no memory for 1000000000000" in result.stdout, result
