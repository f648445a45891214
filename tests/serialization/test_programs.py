"""Programs of TorchScript that PyTorch saved: they compute what they compute there, and reach nothing else."""

import copy
import io
import json
import zipfile
from pathlib import Path

import ferrotorch as torch
import pytest
from ferrotorch.jit._programs import _source

DATA = Path(__file__).parent / "data"
ANSWERS = json.loads((DATA / "program_answers.json").read_text())
X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]])
SERIES = torch.arange(24.0).view(2, 3, 4).sin()


def close(found, expected):
    torch.testing.assert_close(found, torch.tensor(expected, dtype=found.dtype), rtol=1e-4, atol=1e-5)


@pytest.fixture
def coder():
    return torch.jit.load(DATA / "program_of_layers.pt")


def test_a_program_computes_what_it_does_in_pytorch():
    files = {"info.txt": "", "other.txt": ""}
    program = torch.jit.load(str(DATA / "program.pt"), _extra_files=files)
    found = program(X)
    assert files == {"info.txt": b"hello", "other.txt": ""} and program.original_name == "A"
    assert {name: str(value.dtype) for name, value in found.items()} == {
        name: dtype for name, (dtype, _) in ANSWERS["program"].items()
    }
    for name, (_, expected) in ANSWERS["program"].items():
        close(found[name], expected)
    with pytest.raises(ValueError, match="mode c C"):
        program(X.clone().requires_grad_(), "c")


def test_a_function_is_a_module():
    file = io.BytesIO((DATA / "program_of_function.pt").read_bytes())
    values, numbers = torch.jit.load(file)(X, 2)
    close(values, ANSWERS["function"][0])
    assert numbers == ANSWERS["function"][1]


class TestLayers:
    def test_values_and_gradients(self, coder):
        assert isinstance(coder, torch.jit.ScriptModule) and not coder.training
        result = coder(SERIES)
        close(result, ANSWERS["coder"])
        result.pow(2).mean().backward()
        assert list(coder.state_dict()) == ANSWERS["state"]
        for name, parameter in coder.named_parameters():
            assert parameter.grad.norm().item() == pytest.approx(ANSWERS["gradients"][name], rel=1e-3, abs=1e-5), name

    def test_values_without_gradients(self, coder):
        with torch.no_grad():
            close(coder(SERIES), ANSWERS["without gradients"])

    def test_it_trains_and_is_copied_and_moved(self, coder):
        duplicate = copy.deepcopy(coder)
        coder.train()
        before = coder.conv.state_dict()["1.running_mean"].clone()
        optimizer = torch.optim.SGD(coder.parameters(), lr=0.1)
        coder(SERIES).pow(2).mean().backward()
        optimizer.step()
        assert coder.enc.training and not torch.equal(coder.conv.state_dict()["1.running_mean"], before)
        assert torch.equal(duplicate.conv.state_dict()["1.running_mean"], before)
        coder.load_state_dict(duplicate.state_dict())
        close(coder.eval()(SERIES), ANSWERS["coder"])
        assert coder.double()(SERIES.double()).dtype is torch.float64
        assert torch.jit.load(DATA / "program_of_layers.pt", map_location="meta").gru.weight_ih_l0.is_meta


def test_files_that_are_no_programs(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        torch.jit.load(tmp_path / "nothing.pt")
    torch.save({"a": X}, tmp_path / "objects.pt")
    with pytest.raises(RuntimeError, match=r"use torch\.load"):
        torch.jit.load(tmp_path / "objects.pt")
    (tmp_path / "text.pt").write_text("no archive")
    with pytest.raises(RuntimeError, match="no archive of TorchScript"):
        torch.jit.load(tmp_path / "text.pt")


def with_code(statement: str) -> io.BytesIO:
    """The archive of the function, with a first statement of another's choosing."""
    result = io.BytesIO()
    with zipfile.ZipFile(DATA / "program_of_function.pt") as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("__torch__.py"):
                data = data.replace(b"    r = annotate", f"    {statement}\n    r = annotate".encode())
            new.writestr(name, data)
    result.seek(0)
    return result


@pytest.mark.parametrize(
    "statement",
    [
        "import os",
        "a = (lambda: 1)()",
        "a = [b for b in (1, 2)]",
        "a = x.__class__",
        "a = getattr(x, '__class__')",
        "a = (x).numpy()",
        "a = self.register_buffer",
        "self.training.x = 1",
        "x[0] = 1",
        "a = f'{x}'",
        "a = torch.ones",
        "a = print(*x)",
        "a = torch.add(x, 1, **x)",
        "def f(y): return y",
        "del x",
        "global x",
        "a = (b := 1)",
        "a = = 1",
        "a = CONSTANTS.c7",
        "a = torch.__getattribute__(x, '__class__')",
        "a = torch.__reduce_ex__(x, 2)",
        "a = torch.__class__(x)",
        "a = torch.numpy([1])",
        "a = torch.get(x, 'shape')",
        "a = torch.from_file('/etc/hostname')",
        "a = ops.load_library.__call__('x.so')",
        "a = ops.load_library.__globals__",
        "a = ops.__class__.mro()",
        "a = ops.aten.__getattr__('add')",
        "a = self.save('x.pt')",
        "a = self.__class__",
        "self.forward = x",
    ],
)
def test_code_of_other_forms_is_refused(statement):
    with pytest.raises((RuntimeError, TypeError, torch.jit.Error)):
        torch.jit.load(with_code(statement))(X, 2)


@pytest.mark.parametrize("name", ["open", "eval", "__import__", "globals", "type", "vars"])
def test_functions_of_python_are_not_found(name):
    with pytest.raises(NameError):
        torch.jit.load(with_code(f"a = {name}('x')"))(X, 2)


def test_ops_that_are_not_here_raise_where_they_are_called():
    program = torch.jit.load(with_code("a = torch.no_such_op(x)"))
    with pytest.raises(NotImplementedError, match="aten::no_such_op"):
        program(X, 2)


def test_texts_are_put_together_without_looking_into_values():
    for text in ("{0.__class__.__mro__}", "{x.real}", "{!r}"):
        assert torch.jit._programs._ops.find("aten.format")(text, X) == text
    assert torch.jit._programs._ops.find("aten.format")("{} of {}", 1, "two") == "1 of two"


@pytest.mark.parametrize("name", ["forward", "save", "__class__", "_modules", "register_buffer"])
def test_what_modules_have_is_not_a_programs(name):
    text = f"class A(Module):\n  __parameters__ = []\n  __buffers__ = []\n  {name} : Any\n"
    (node,) = _source.parse(text)
    kind = torch.jit._programs._loading._Program._make_class(_Nothing(), _source.ScriptClass(node))
    module = kind.__new__(kind)
    with pytest.raises(RuntimeError, match="not a program's"):
        module.__setstate__({name: print})
    with pytest.raises(torch.jit.Error, match="does not declare"):
        torch.jit._programs._loading._attribute(module, name)
    with pytest.raises(torch.jit.Error, match="does not declare"):
        torch.jit._programs._loading._set_attribute(module, name, print)


class _Nothing:
    """A program that defines nothing else."""

    def __init__(self):
        self._shared = {}

    def define(self, name):
        return None


def test_names_are_read():
    (node,) = _source.parse("def f(a: int=2) -> float:\n  return inf\n")
    assert _source.compile_function(node, {}.get)() == float("inf")
