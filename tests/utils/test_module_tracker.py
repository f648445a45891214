"""The modules that are at work."""

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.utils.checkpoint import checkpoint
from ferrotorch.utils.module_tracker import ModuleTracker


def test_modules_of_forward_and_backward_passes() -> None:
    forward, backward = [], []

    class Inner(nn.Module):
        def forward(self, x):
            x = x["a"].relu()
            forward.append((set(tracker.parents), tracker.is_bw))
            x.register_hook(lambda grad: backward.append((set(tracker.parents), tracker.is_bw)))
            return {"a": x @ x}

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = Inner()
            self.b = nn.ModuleDict({"nest": Inner()})

        def forward(self, x):
            return self.b["nest"](self.a(x))

    net = Outer()
    with ModuleTracker() as tracker:
        for _ in range(2):
            net({"a": torch.randn(3, 3, requires_grad=True).clone()})["a"].sum().backward()
            assert tracker.parents == {"Global"}
    names = [{"Global", "Outer", "Outer.a"}, {"Global", "Outer", "Outer.b.nest"}]
    assert forward == [(n, False) for n in names] * 2
    assert backward == [(n, True) for n in reversed(names)] * 2
    count = len(forward)
    net({"a": torch.randn(3, 3, requires_grad=True)})
    assert forward[count:] == [({"Global"}, False)] * 2


def test_modules_that_run_again_in_a_backward_pass() -> None:
    seen = []

    class Inner(nn.Module):
        def forward(self, x):
            seen.append((set(tracker.parents), tracker.is_bw))
            return x * 2

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x):
            return checkpoint(self.inner, x * x, use_reentrant=False).exp()

    with ModuleTracker() as tracker:
        Outer()(torch.ones(2, requires_grad=True)).sum().backward()
        assert tracker.parents == {"Global"}
    # Once, for nothing inside was saved.
    assert seen == [({"Global", "Outer", "Outer.inner"}, False)]
