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
        with pytest.raises(NotImplementedError, match="symbolic_trace"):
            writer.add_graph(torch.nn.Linear(1, 1))
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 0.5), (2, 0.25)]
    values = events.Histograms("weights")[0].histogram_value
    assert (values.min, values.max, values.num, values.sum) == (0.0, 9.0, 10.0, 45.0)
    assert (tmp_path / "run" / "both_a").is_dir()
