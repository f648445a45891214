"""What programs ask profilers for before they use them."""

from __future__ import annotations

import ferrotorch as torch
import pytest
from ferrotorch.autograd import profiler as events


def test_what_is_there():
    assert torch.profiler.kineto_available()
    assert torch.profiler.supported_activities() == {torch.profiler.ProfilerActivity.CPU}


def test_marks_for_other_profilers():
    with events.emit_nvtx(enabled=False):
        pass
    with pytest.raises(RuntimeError, match="NVTX functions not installed"), events.emit_nvtx():
        pass
