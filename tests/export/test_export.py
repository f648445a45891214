"""Modules as recorded graphs: what is recorded, which sizes may change, and what is refused."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.export import Dim, dims, export
from ferrotorch.export.graph_signature import InputKind, OutputKind


class Mixed(nn.Module):
    """Parameters, both kinds of buffers, a constant, an argument that is a number, and nested results."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(3, 2)
        self.register_buffer("b", torch.ones(2))
        self.register_buffer("hidden", torch.ones(2), persistent=False)
        self.c = torch.tensor([1.0, 2.0])

    def forward(self, x, y=None, *, k=1.0):
        z = torch.relu(self.l(x)) + self.b * self.c + self.hidden
        self.b.add_(1)
        return {"a": z, "n": (z.sum(), 3)}


def test_graph_and_signature():
    module = Mixed()
    program = export(module, (torch.randn(4, 3),), {"k": 2.0})
    assert module.b.tolist() == [1, 1]
    assert [str(node.target) for node in program.graph.nodes if node.op == "call_function"] == [
        "aten.linear.default", "aten.relu.default", "aten.mul.Tensor", "aten.add.Tensor", "aten.add.Tensor",
        "aten.add_.Tensor", "aten.sum.default",
    ]  # fmt: skip
    signature = program.graph_signature
    names = ["p_l_weight", "p_l_bias", "b_b", "b_hidden", "c_c", "x", "k"]
    assert [spec.arg.name for spec in signature.input_specs] == names
    assert [node.name for node in program.graph.nodes if node.op == "placeholder"] == names
    assert signature.inputs_to_parameters == {"p_l_weight": "l.weight", "p_l_bias": "l.bias"}
    assert (signature.buffers, signature.non_persistent_buffers) == (("b", "hidden"), ("hidden",))
    assert signature.lifted_tensor_constants == ("c",) and signature.user_inputs == ("x", 2.0)
    assert signature.user_outputs == ("add_1", "sum_1", 3)
    assert {spec.kind for spec in signature.output_specs} == {OutputKind.USER_OUTPUT}
    assert str(signature.input_specs[3]) == "b_hidden: BUFFER target='hidden' persistent=False"
    assert signature.input_specs[4].kind is InputKind.CONSTANT_TENSOR
    assert list(program.state_dict) == ["l.weight", "l.bias", "b"] and sorted(program.constants) == ["c", "hidden"]
    assert 'linear: "f32[4, 2]" = torch.ops.aten.linear.default(x, p_l_weight, p_l_bias)' in str(program)
    weight = next(iter(program.graph.nodes))
    assert weight.meta["val"].device.type == "meta" and weight.meta["tensor_meta"].shape == (2, 3)


def test_the_graph_is_a_function_of_all_tensors():
    module, x = Mixed(), torch.randn(4, 3)
    program = export(module, (x,))
    tensors = [dict(program.named_parameters())[name] for name in program.graph_signature.parameters]
    z, total, three = program.graph_module(*tensors, module.b, module.hidden, module.c, x)
    module.b.sub_(1)
    torch.testing.assert_close(z, module(x)["a"])
    assert total == z.sum() and three == 3


def test_modules_share_the_state_and_its_gradients():
    module, x = Mixed(), torch.randn(4, 3)
    again = export(module, (x,), {"k": 1.0}).module()
    assert again.get_parameter("l.weight") is module.l.weight and sorted(again.state_dict()) == [
        "b",
        "l.bias",
        "l.weight",
    ]
    expected = module(x, k=1.0)
    module.b.sub_(1)
    found = again(x, k=1.0)
    torch.testing.assert_close(found["a"], expected["a"])
    assert module.b.tolist() == [2, 2] and found["n"][1] == 3
    found["n"][0].backward()
    grad = module.l.weight.grad.clone()
    module.zero_grad()
    expected["n"][0].backward()
    torch.testing.assert_close(module.l.weight.grad, grad)


class Views(nn.Module):
    def forward(self, x, pair):
        y = x.clone()
        y[:, 0] = pair["one"]
        values, places = y.T.max(0)
        first, *_rest = y.chunk(2)
        return torch.stack([values, y[:, 1], y.real[..., -1]]), places, first.sum() + pair["two"][0].mean()


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.l = nn.Embedding(10, 4), nn.LSTM(4, 6, 2, batch_first=True)

    def forward(self, tokens):
        out, (h, _) = self.l(self.e(tokens))
        return out[:, -1], h


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)

    def forward(self, x):
        b, t, d = x.shape
        y = self.layer(x).reshape(b * t, d)[:, :4].view(b, t, 2, 2).transpose(1, 2)
        return y + torch.arange(t)[:, None], torch.ones(2 * b, t + 1)


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))

    def forward(self, x):
        return self.body(x)


EXAMPLES = {
    "views": (Views, lambda: (torch.randn(4, 3), {"one": torch.randn(4), "two": [torch.randn(3)]})),
    "recurrent": (Recurrent, lambda: (torch.randint(10, (2, 5)),)),
    "attention": (Attention, lambda: (torch.randn(2, 5, 8),)),
    "normalised": (Normalised, lambda: (torch.randn(4, 1, 6, 6),)),
}


def same(found, expected):
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("training", [False, True])
def test_programs_compute_the_same(name, training):
    torch.manual_seed(0)
    cls, examples = EXAMPLES[name]
    module, args = cls(), examples()
    module(*args)
    module.train(training)
    program = export(module, args)
    again, args = program.module(), examples()
    state = {key: value.clone() for key, value in module.state_dict().items()}
    expected = module(*args)
    module.load_state_dict(state)
    same(again(*args), expected)


SIZES = {
    "attention": (({0: Dim("b"), 1: Dim("t")},), [(torch.Size([s, t, 8]),) for s, t in ((1, 4), (6, 1), (3, 7))]),
    "recurrent": (([Dim.DYNAMIC, None],), [(torch.Size([3, 5]),)]),
    "normalised": ({"x": {0: Dim.AUTO}}, [(torch.Size([9, 1, 6, 6]),)]),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_may_change(name):
    torch.manual_seed(0)
    cls, examples = EXAMPLES[name]
    module = cls()
    module(*examples())
    module.eval()
    shapes, others = SIZES[name]
    again = export(module, examples(), dynamic_shapes=shapes).module()
    for (shape,) in others:
        x = torch.randint(10, shape) if name == "recurrent" else torch.randn(shape)
        same(again(x), module(x))


def test_sizes_that_may_not_change_are_checked():
    batch, width = dims("batch", "width", max=6)
    module = nn.Flatten(0)
    again = export(module, (torch.zeros(2, 2, 4),), dynamic_shapes=([batch, batch, None],)).module()
    assert again(torch.ones(5, 5, 4)).shape == (100,)
    for shape, message in (
        ((2, 2, 5), r"input_1.size\(\)\[2\] == 4"), ((2, 3, 4), r"input_1.size\(\)\[1\] == 2"),
        ((7, 7, 4), r"0 <= input_1.size\(\)\[0\] <= 6"), ((2, 2), r"input_1.dim\(\) == 3"),
    ):  # fmt: skip
        with pytest.raises(AssertionError, match=f"Guard failed: {message}"):
            again(torch.ones(shape))
    assert repr(width) == "Dim('width', max=6)"


class Square(nn.Module):
    def forward(self, x):
        return x.new_zeros(len(x) ** 2 + 1)


class Branch(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


class BySize(nn.Module):
    def forward(self, x):
        return x.sin() if len(x) < 4 else x.cos()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Branch(), "reads a value of a tensor by __bool__"),
        (Square(), "no multiple of a size, sum of one and a constant, or product of two"),
        (BySize(), "calls aten.cos.default in the place of aten.sin.default"),
    ],
)
def test_what_no_graph_shows_is_refused(module, message):
    with pytest.raises(RuntimeError, match=message):
        export(module, (torch.ones(3),), dynamic_shapes=([Dim("n")],))


def test_arguments_and_parts_that_are_not_there():
    with pytest.raises(ValueError, match=r"Expected `mod` to be an instance of `torch\.nn\.Module`, got"):
        export(lambda x: x, (torch.ones(1),))
    with pytest.raises(RuntimeError, match="Expecting `args` to be a tuple"):
        export(nn.ReLU(), [torch.ones(1)])
    for shapes in ({"other": None}, ({5: Dim("n")},), ()):
        with pytest.raises(ValueError, match="dynamic_shapes"):
            export(nn.ReLU(), (torch.ones(1),), dynamic_shapes=shapes)
    program = export(nn.ReLU(), (torch.ones(1),))
    with pytest.raises(RuntimeError, match=r"You should use `exported_program\.module\(\)` instead"):
        program(torch.ones(1))
    with pytest.raises(
        TypeError, match="The 'ep' parameter must be an instance of 'ExportedProgram', got 'int' instead"
    ):
        torch.export.save(1, "p.pt2")


class Sized(nn.Module):
    def forward(self, x):
        return x.view(x.shape[0] * 2, -1) + x.shape[0], {"a": x[:, :2], "b": [x.t()], "c": x.to(torch.float64)}


def test_files(tmp_path):
    module = Mixed()
    program = export(module, (torch.randn(4, 3),), {"k": 2.0})
    torch.export.save(program, tmp_path / "p.pt2", extra_files={"note": "text"})
    found = {"note": "", "absent": ""}
    loaded = torch.export.load(tmp_path / "p.pt2", extra_files=found)
    assert found == {"note": "text", "absent": ""}
    assert str(loaded) == str(program) and loaded.graph_signature == program.graph_signature
    assert [name for name, p in loaded.named_parameters() if p.requires_grad] == ["l.weight", "l.bias"]
    assert list(loaded.state_dict) == list(program.state_dict)
    x = torch.randn(4, 3)
    torch.testing.assert_close(loaded.module()(x, k=2.0), program.module()(x, k=2.0))


def test_files_of_programs_whose_sizes_may_change(tmp_path):
    program = export(Sized(), (torch.randn(3, 4),), dynamic_shapes=({0: Dim("b", min=2, max=100)},))
    torch.export.save(program, tmp_path / "p.pt2")
    loaded = torch.export.load(tmp_path / "p.pt2")
    x = torch.randn(5, 4)
    torch.testing.assert_close(loaded.module()(x), Sized()(x))
    assert loaded.range_constraints == program.range_constraints
    with pytest.raises(AssertionError, match="Guard failed"):
        loaded.module()(torch.randn(1, 4))


def test_files_that_are_none(tmp_path):
    torch.save({"a": 1}, tmp_path / "other.pt")
    with pytest.raises(RuntimeError, match=r"no file that torch\.export\.save"):
        torch.export.load(tmp_path / "other.pt")
    with pytest.raises(FileNotFoundError):
        torch.export.load(tmp_path / "absent.pt2")


def test_decompositions():
    module, x = Mixed(), torch.randn(4, 3)
    program = export(module, (x,))
    core = program.run_decompositions()
    assert core.dialect == "ATEN"
    assert [str(node.target) for node in core.graph.nodes if node.op == "call_function"] == [
        "aten.permute.default", "aten.addmm.default", "aten.relu.default", "aten.mul.Tensor", "aten.add.Tensor",
        "aten.add.Tensor", "aten.add.Tensor", "aten.sum.default", "aten.copy_.default",
    ]  # fmt: skip
    before = module.b.clone()
    result = core.module()(x)
    assert module.b.tolist() == (before + 1).tolist()
    module.b.copy_(before)
    torch.testing.assert_close(result["a"], module(x)["a"])
    sized = export(Sized(), (torch.randn(3, 4),), dynamic_shapes=({0: Dim("b")},))
    with pytest.raises(RuntimeError, match="sizes may change"):
        sized.run_decompositions()
    kept = export(nn.ReLU(), (x,)).run_decompositions({torch.ops.aten.relu.default: lambda x: x.clamp(min=0)})
    assert [str(node.target) for node in kept.graph.nodes if node.op == "call_function"] == ["aten.clamp.default"]
