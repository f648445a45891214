"""Models divided into stages by tracing them."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.distributed.pipelining import SplitPoint, pipe_split, pipeline


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)

    def forward(self, x, mask=None):
        y = self.norm(torch.relu(self.linear(x)))
        return x + (y if mask is None else y * mask)


class Model(nn.Module):
    """Hands its first activations to the end, has an argument that is mostly None, and a weight that two parts use."""

    def __init__(self, marks=False):
        super().__init__()
        self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 2)
        self.blocks = nn.ModuleList(Block() for _ in range(4))
        self.weight, self.marks = nn.Parameter(torch.rand(6)), marks
        self.register_buffer("shift", torch.rand(6))

    def forward(self, x, mask, scale=None):
        y = skip = self.first(x) * self.weight
        for number, block in enumerate(self.blocks):
            if self.marks and number:
                pipe_split()
            y = block(y, mask)
        if scale is not None:
            y = y * scale
        return {"scores": self.last(y + skip * self.weight + self.shift), "last": y}


@pytest.fixture
def inputs():
    torch.manual_seed(0)
    return torch.randn(5, 4), torch.rand(5, 1)


def same(one, other):
    assert one.keys() == other.keys()
    for key in one:
        torch.testing.assert_close(one[key], other[key], rtol=0, atol=0)


POINTS = {
    "two": ({"blocks.2": SplitPoint.BEGINNING}, [[0, 1], [2, 3]]),
    "the end of one": ({"blocks.2": SplitPoint.END}, [[0, 1, 2], [3]]),
    "three": ({"blocks.1": SplitPoint.BEGINNING, "blocks.2": SplitPoint.END}, [[0], [1, 2], [3]]),
    "one mark at two": ({"blocks.0": SplitPoint.END, "blocks.1": SplitPoint.BEGINNING}, [[0], [1, 2, 3]]),
    "before all": ({"first": SplitPoint.BEGINNING, "last": SplitPoint.BEGINNING}, [[0, 1, 2, 3], []]),
}


@pytest.mark.parametrize("case", POINTS)
def test_values_and_names(case, inputs):
    model, (points, blocks) = Model(), POINTS[case]
    pipe = pipeline(model, inputs, split_spec=points)
    assert pipe.num_stages == pipe.info().num_stages == len(blocks)
    same(pipe(*inputs), model(*inputs))
    same(pipe(mask=inputs[1], x=inputs[0]), model(*inputs))
    found = [set(pipe.get_stage_module(number).state_dict()) for number in range(len(blocks))]
    for names, numbers in zip(found, blocks, strict=True):
        assert {name.split(".")[1] for name in names if name.startswith("blocks")} == set(map(str, numbers))
    assert set.union(*found) == set(model.state_dict())
    for names, number in zip(found, range(len(blocks)), strict=True):
        stage = pipe.get_stage_module(number).state_dict()
        assert all(torch.equal(stage[name], model.state_dict()[name]) for name in names)
    assert f"submod_{len(blocks) - 1}" in str(pipe)
    with pytest.raises(ValueError, match="Invalid stage index"):
        pipe.get_stage_module(len(blocks))


def test_gradients(inputs):
    model = Model().double()
    x, mask = (each.double() for each in inputs)
    pipe = pipeline(model, (x, mask), split_spec=POINTS["three"][0])
    assert pipe.replicated_params == [{"submod_0": "weight", "submod_2": "weight"}]
    pipe(x, mask)["scores"].square().sum().backward()
    found = [dict(pipe.get_stage_module(number).named_parameters()) for number in range(3)]
    assert found[0]["weight"] is not found[2]["weight"] and found[1]["blocks.1.linear.weight"].grad is not None
    of_weight = found[0]["weight"].grad + found[2]["weight"].grad
    gradients = {name: parameter.grad.clone() for stage in found for name, parameter in stage.items()}
    model.zero_grad()
    model(x, mask)["scores"].square().sum().backward()
    torch.testing.assert_close(of_weight, model.weight.grad)
    for name, parameter in model.named_parameters():
        if name != "weight":
            torch.testing.assert_close(gradients[name], parameter.grad)


def test_a_module_of_two_stages(inputs):
    shared = nn.Linear(4, 4)
    model = nn.Sequential(shared, nn.ReLU(), nn.Tanh(), shared)
    pipe = pipeline(model, inputs[:1], split_spec={"2": SplitPoint.BEGINNING})
    torch.testing.assert_close(pipe(inputs[0]), model(inputs[0]))
    first, second = (pipe.get_stage_module(number) for number in range(2))
    assert next(first.parameters()) is not next(second.parameters())
    assert len(pipe.replicated_params) == 2


def test_arguments_by_default(inputs):
    model = Model()
    scale = torch.tensor(3.0)
    pipe = pipeline(model, inputs[:1], {"mask": inputs[1], "scale": scale}, {"last": SplitPoint.BEGINNING})
    same(pipe(*inputs, scale * 2), model(*inputs, scale * 2))


def test_marks_in_the_code(inputs):
    model = Model(marks=True)
    same(model(*inputs), pipeline(model, inputs)(*inputs))
    pipe = pipeline(model, inputs)
    assert pipe.num_stages == 4
    # The default tracer goes through all modules but those of torch.nn.
    assert "blocks.1.linear.weight" in pipe.get_stage_module(1).state_dict()


def test_a_policy(inputs):
    def before_the_last(traced):
        for node in traced.graph.nodes:
            if node.target == "last":
                with traced.graph.inserting_before(node):
                    traced.graph.call_function(pipe_split)
        return traced

    model = Model()
    pipe = pipeline(model, inputs, split_policy=before_the_last)
    assert pipe.num_stages == 2 and set(pipe.get_stage_module(1).state_dict()) == {"last.weight", "last.bias"}
    same(pipe(*inputs), model(*inputs))


def test_refusals(inputs):
    class Branches(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ValueError, match="both `split_spec` and `split_policy`"):
        pipeline(Model(), inputs, split_spec={}, split_policy=lambda traced: traced)
    with pytest.raises(AttributeError, match="nothing"):
        pipeline(Model(), inputs, split_spec={"nothing": SplitPoint.END})
    with pytest.raises(RuntimeError, match="cannot capture your model as a full graph"):
        pipeline(Branches(), inputs[:1])
