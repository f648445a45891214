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
