"""Records for TensorBoard, read back by its own package."""

from __future__ import annotations

import ferrotorch as torch
import pytest


def test_records(tmp_path):
    pytest.importorskip("tensorboard")
    from ferrotorch.utils.tensorboard import SummaryWriter
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", torch.tensor(0.5), 1)
        writer.add_scalar("loss", 0.25, 2)
        writer.add_histogram("weights", torch.arange(10.0), 3)
        writer.add_text("note", "hello", 4)
        writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 5)
        with pytest.raises(AssertionError, match="Tensor should contain one element"):
            writer.add_scalar("bad", torch.ones(2))
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 0.5), (2, 0.25)]
    values = events.Histograms("weights")[0].histogram_value
    assert (values.min, values.max, values.num, values.sum) == (0.0, 9.0, 10.0, 45.0)
    assert (tmp_path / "run" / "both_a").is_dir()


class Branching(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.norm = torch.nn.BatchNorm2d(2)
        self.linear = torch.nn.Linear(8, 3)

    def forward(self, x, y):
        x = torch.relu_(self.norm(self.conv(x + y)))
        x = self.linear(torch.nn.functional.max_pool2d(x, 2).flatten(1).repeat(1, 4))
        return {"first": x[:, 0], "again": self.linear(x.repeat(1, 3)[:, :8])}


def test_graph(tmp_path, capsys):
    pytest.importorskip("tensorboard")
    from ferrotorch.utils.tensorboard import SummaryWriter
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = Branching()
    model.norm.eval()
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(model, (torch.ones(1, 1, 4, 4), torch.ones(1)), verbose=True)
    assert model.training and not model.norm.training and not model.norm._forward_hooks
    assert "Branching/Linear[linear]/linear.1: aten::linear" in capsys.readouterr().out
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    nodes = {node.name: node for node in events.Graph().node}
    calls = [node.op for node in nodes.values() if node.op.startswith("aten")]
    assert calls == [
        "aten::add", "aten::conv2d", "aten::batch_norm", "aten::relu", "aten::max_pool2d", "aten::flatten",
        "aten::repeat", "aten::linear", "aten::getitem", "aten::repeat", "aten::getitem", "aten::linear",
    ]  # fmt: skip
    conv = nodes["Branching/Conv2d[conv]/conv2d"]
    assert list(conv.input) == ["Branching/add", "Branching/Conv2d[conv]/weight", "Branching/Conv2d[conv]/bias"]
    assert [dim.size for dim in conv.attr["_output_shapes"].list.shape[0].dim] == [1, 2, 2, 2]
    assert [list(nodes[f"output/output.{i}"].input) for i in (1, 2)] == [
        ["Branching/getitem"],
        ["Branching/Linear[linear]/linear.1"],
    ]
    assert list(nodes["Branching/add"].input) == ["input/x", "input/x.1"]
    assert events.RunMetadata("step1").step_stats.dev_stats[0].device == "/device:CPU:0"


def records(folder):
    """The values of the file in a folder, by tag."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.glob("events*")
    events = loader.LegacyEventFileLoader(str(path)).Load()
    return {value.tag: value for event in events for value in event.summary.value}


def test_records_of_plugins(tmp_path):
    pytest.importorskip("tensorboard")
    from ferrotorch.utils.tensorboard import SummaryWriter

    layout = {"c": {"a": ["Multiline", ["x", "y"]], "b": ["Margin", ["x", "y", "z"]]}}
    with SummaryWriter(tmp_path) as writer:
        truth, guesses = torch.tensor([0, 1, 1, 0]), torch.tensor([0.1, 0.6, 0.8, 0.7])
        writer.add_pr_curve("curve", truth, guesses, 0, num_thresholds=5)
        writer.add_pr_curve_raw("raw", [2, 1], [2, 0], [0, 2], [0, 1], [0.5, 1.0], [1.0, 0.5], num_thresholds=2)
        writer.add_custom_scalars(layout)
        writer.add_mesh(
            "mesh", torch.arange(12.0).view(1, 4, 3), faces=torch.tensor([[[0, 1, 2]]]), config_dict={"k": 1}
        )
        writer.add_histogram_raw("spread", 0.0, 3.0, 4, 6.0, 14.0, [1.0, 2.0, 4.0], torch.tensor([1, 1, 2]))
        writer.add_image_with_boxes("boxes", torch.zeros(3, 20, 24), torch.tensor([[2.0, 3.0, 10.0, 12.0]]), labels="a")
        writer.add_video("video", torch.rand(3, 2, 3, 4, 5), fps=4)
        with pytest.raises(AssertionError, match="3 tags"):
            writer.add_custom_scalars_marginchart(["x"])
        with pytest.raises(ValueError, match="bucket_counts"):
            writer.add_histogram_raw("spread", 0, 1, 1, 0, 0, [1.0], [1, 2])
    found = records(tmp_path)
    assert found["curve"].metadata.plugin_data.content == b"\x10\x05"
    expected = [2, 2, 2, 1, 0, 2, 1, 1, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 1, 2, 0.5, 2 / 3, 2 / 3, 1, 0, 1, 1, 1, 0.5, 0]
    assert list(found["curve"].tensor.float_val) == pytest.approx(expected)
    assert list(found["raw"].tensor.float_val) == [2, 1, 2, 0, 0, 2, 0, 1, 0.5, 1, 1, 0.5]
    config = b'\x12"\n\x01c\x12\x0b\n\x01a\x12\x06\n\x01x\n\x01y\x12\x10\n\x01b\x1a\x0b\n\t\n\x01x\x12\x01y\x1a\x01z'
    assert found["custom_scalars__config__"].tensor.string_val[0] == config
    assert [size.size for size in found["mesh_VERTEX"].tensor.tensor_shape.dim] == [1, 4, 3]
    assert b'{"k": 1}' in found["mesh_FACE"].metadata.plugin_data.content
    assert list(found["spread"].histo.bucket) == [1, 1, 2]
    assert (found["boxes"].image.height, found["boxes"].image.width) == (20, 24)
    assert (found["video"].image.height, found["video"].image.width) == (4, 20)


def test_embedding(tmp_path):
    pytest.importorskip("tensorboard")
    from ferrotorch.utils.tensorboard import SummaryWriter

    points, pictures = torch.arange(8.0).view(4, 2), torch.rand(4, 1, 3, 5)
    with SummaryWriter(tmp_path) as writer:
        rows = [["a", 1], ["b", 2], ["c", 3], ["d", 4]]
        writer.add_embedding(points, rows, pictures, 2, "t/x", ["name", "number"])
        writer.add_embedding(points)
        with pytest.raises(AssertionError, match="#labels"):
            writer.add_embedding(points, ["a"])
    folder = tmp_path / "00002" / "t%2fx"
    assert (folder / "tensors.tsv").read_text() == "0.0\t1.0\n2.0\t3.0\n4.0\t5.0\n6.0\t7.0\n"
    assert (folder / "metadata.tsv").read_text() == "name\tnumber\na\t1\nb\t2\nc\t3\nd\t4\n"
    assert (folder / "sprite.png").exists() and (tmp_path / "00000" / "default" / "tensors.tsv").exists()
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_name: "t/x:00002"' in config and "single_image_dim: 5" in config
    assert config.count("embeddings {") == 2
