"""Summaries of models, drawings of graphs, and what notebooks show."""

import base64
import re
import struct
import zlib

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.display import draw, summary


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(4 * 6 * 6, 10)

    def forward(self, x):
        return self.head(self.body(x))


@pytest.mark.parametrize("form", [(2, 1, 8, 8), torch.zeros(2, 1, 8, 8), (torch.zeros(2, 1, 8, 8),)])
def test_summary_counts(form):
    model = Net()
    before, numbers = {n: v.clone() for n, v in model.state_dict().items()}, torch.get_rng_state()
    found = summary(model, form)
    assert [(layer.path, layer.kind, layer.output, layer.parameters) for layer in found.layers] == [
        ("", "Net", "(2, 10)", 0),
        ("body", "Sequential", "(2, 144)", 0),
        ("body.0", "Conv2d", "(2, 4, 6, 6)", 40),
        ("body.1", "BatchNorm2d", "(2, 4, 6, 6)", 8),
        ("body.2", "ReLU", "(2, 4, 6, 6)", 0),
        ("body.3", "Flatten", "(2, 144)", 0),
        ("head", "Linear", "(2, 10)", 1450),
    ]
    convolution, product = 2 * 2 * 4 * 36 * 9, 2 * 2 * 144 * 10
    assert found.flops == convolution + product
    flops = {layer.path: layer.flops for layer in found.layers}
    assert (flops[""], flops["body"], flops["head"]) == (convolution + product, convolution, product)
    assert found.parameters == found.trainable == 1498
    assert found.parameter_bytes == 4 * (1498 + 8) + 8
    assert found.activation_bytes == 4 * (3 * 2 * 4 * 36 + 2 * 10)
    assert model.training
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
    assert torch.equal(numbers, torch.get_rng_state())


def test_summary_shows_a_table():
    text = str(summary(Net(), (2, 1, 8, 8), depth=1))
    assert "body (Sequential)" in text
    assert "Conv2d" not in text
    assert "parameters 1,498, of them trainable 1,498" in text
    assert summary(Net(), (2, 1, 8, 8))._repr_html_().count("<tr>") == 8


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 2), nn.Linear(3, 2)

    def forward(self, a, b):
        return {"sum": self.left(a) + self.right(b)}


@pytest.mark.parametrize("form", [((5, 4), (5, 3)), (torch.ones(5, 4), [5, 3]), {"b": (5, 3), "a": (5, 4)}])
def test_shapes_stand_for_each_of_several_inputs(form):
    found = summary(Pair(), form)
    assert [(layer.path, layer.output) for layer in found.layers] == [
        ("", "(5, 2)"),
        ("left", "(5, 2)"),
        ("right", "(5, 2)"),
    ]
    assert found.flops == 2 * 5 * 4 * 2 + 2 * 5 * 3 * 2


def test_a_layer_of_unknown_size_is_counted():
    found = summary(nn.Sequential(nn.LazyLinear(4)), (1, 3))
    assert [layer.flops for layer in found.layers] == [24, 24]
    assert summary(nn.LazyLinear(4), (1, 3)).layers[0].flops == 24


def test_summary_says_in_which_layer_a_model_fails():
    model = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Linear(5, 2)))
    with pytest.raises(RuntimeError, match="1x3 and 5x2") as caught:
        summary(model, (1, 4))
    assert caught.value.__notes__ == ["summary: in layer '1.0' (Linear)"]
    assert not model[1][0]._forward_hooks
    for other, name in ((nn.Linear, "the class Linear"), ("model", "str")):
        with pytest.raises(TypeError, match=f"summary: model must be an nn.Module, got {name}"):
            summary(other, (1, 4))


def test_what_is_shared_is_counted_once():
    layer = nn.Linear(3, 3)
    found = summary(nn.Sequential(layer, layer), (1, 3))
    assert [row.parameters for row in found.layers] == [0, 12, 0]
    assert found.parameters == 12


def test_models_without_memory_have_a_summary():
    found = summary(nn.Linear(1000, 1000, device="meta"), (8, 1000))
    assert (found.parameters, found.flops) == (1_001_000, 2 * 8 * 1000 * 1000)


def test_the_tree_of_a_model():
    drawing = draw(Net())
    assert list(drawing.nodes) == ["", "body", "body.0", "body.1", "body.2", "body.3", "head"]
    assert ("body", "body.1") in drawing.edges
    assert "1,450 parameters" in drawing.nodes["head"]


def test_the_flow_through_a_model():
    lines = str(draw(Net(), flow=True)).splitlines()
    assert lines[:2] == ["0  x", "1  body.0: Conv2d  <- 0"]
    assert lines[-2:] == ["5  head: Linear  <- 4", "6  output  <- 5"]


def test_flow_that_depends_on_values_is_not_drawn():
    class Choice(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(torch.fx.proxy.TraceError, match="control flow") as caught:
        draw(Choice(), flow=True)
    assert "draw(model(inputs)) draws what autograd recorded" in caught.value.__notes__[0]


def test_the_history_of_a_tensor():
    weight, x = torch.ones(2, 3, requires_grad=True), torch.ones(3)
    drawing = draw((weight @ x).exp().sum(), names={"weight": weight})
    assert drawing.nodes[next(iter(drawing.leaves))] == "weight\n(2, 3)"
    lines = str(drawing).splitlines()
    assert lines[0] == "0  weight (2, 3)"
    assert lines[-1].split("  <- ")[0] == f"{len(lines) - 1}  result ()"
    assert any("ExpBackward" in line for line in lines)
    assert drawing.dot.count("->") == len(drawing.edges)


def test_what_has_no_graph_is_refused():
    with pytest.raises(ValueError, match="no history"):
        draw(torch.ones(2))
    with pytest.raises(TypeError, match="a module or a tensor, got int"):
        draw(3)


def test_graphviz_lays_drawings_out(tmp_path, monkeypatch):
    drawing = draw(Net())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="graphviz, whose program `dot` is not installed"):
        _ = drawing.svg
    assert drawing._repr_html_().startswith("<pre>")
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\nread first\necho "<?xml?><svg>$1 $first</svg>"\n')
    program.chmod(0o755)
    assert drawing.svg.strip() == drawing._repr_html_().strip() == "<svg>-Tsvg digraph {</svg>"
    drawing.save(tmp_path / "net.png")
    assert b"-Tpng" in (tmp_path / "net.png").read_bytes()
    drawing.save(tmp_path / "net.dot")
    assert (tmp_path / "net.dot").read_text() == drawing.dot
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        drawing.save(tmp_path / "net.gif")


def pixels(page):
    """Rows of colours of the picture in a page."""
    png = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    width, height = struct.unpack(">II", png[16:24])
    raw = zlib.decompress(png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8])
    lines = [raw[row * (3 * width + 1) + 1 : (row + 1) * (3 * width + 1)] for row in range(height)]
    return [[tuple(line[3 * i : 3 * i + 3]) for i in range(width)] for line in lines]


def test_a_notebook_shows_a_matrix_as_a_picture(device):
    x = torch.arange(6.0, device=device).reshape(2, 3)
    x[0, 1] = float("nan")
    page = x._repr_html_()
    assert f"shape (2, 3) · torch.float32 · device {x.device}" in page
    assert "holds NaN or infinity" in page
    rows = pixels(page)
    assert (rows[0][0], rows[0][1], rows[1][2]) == ((68, 1, 84), (220, 40, 40), (253, 231, 37))


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.int64, torch.bool, torch.complex64, torch.bfloat16, torch.uint8]
)
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (1000,), (3, 500, 700), (2, 2, 1, 4)])
def test_every_tensor_has_a_small_page(dtype, shape):
    page = torch.ones(shape).to(dtype)._repr_html_()
    assert 0 < len(page) < 20_000
    assert ("<pre>" in page) == (torch.ones(shape).numel() <= 64)


class Named(torch.Tensor):
    pass


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: x.to_sparse(), "layout=torch.sparse_coo"),
        (lambda x: x.to_sparse_csr(), "layout=torch.sparse_csr"),
        (lambda x: x.as_subclass(Named), "Named([[1., 0.]"),
        (lambda x: torch.nested.nested_tensor([x, x]), "nested_tensor(["),
        (lambda x: torch.masked.masked_tensor(x, x > 0), "MaskedTensor("),
    ],
)
def test_tensors_of_other_kinds_are_shown_as_text(make, text):
    page = make(torch.eye(2))._repr_html_()
    assert page.startswith("<pre>") and text in page


def test_tensors_without_values_have_a_page():
    assert "meta" in torch.ones(3, device="meta")._repr_html_()
    pages = []
    torch.vmap(lambda x: pages.append(x._repr_html_()) or x)(torch.ones(2, 3))
    assert "<pre>" in pages[0]


def test_a_module_unfolds():
    page = Net()._repr_html_()
    assert page.count("<details") == 2
    assert "<code>head: Linear(in_features=144, out_features=10, bias=True)</code> <small>1,450 parameters" in page
