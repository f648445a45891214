"""Models for inference: fused normalisations, no dropouts."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch import fx, nn
from ferrotorch.fx.experimental.optimization import fuse, remove_dropout


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.body = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5))

    def forward(self, x):
        return self.body(torch.relu(self.bn(self.conv(x))))


def test_normalisations_are_taken_into_convolutions():
    torch.manual_seed(0)
    net = Net()
    for _ in range(3):
        net(torch.randn(4, 3, 6, 6) + 1)
    net.eval()
    x = torch.randn(2, 3, 6, 6)
    fused = fuse(net)
    assert isinstance(fused, fx.GraphModule)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
    assert torch.allclose(fused(x), net(x), atol=1e-5)
    assert isinstance(net.bn, nn.BatchNorm2d)


def test_dropouts_are_removed():
    net = Net()
    removed = remove_dropout(net)
    assert [str(node.target) for node in removed.graph.nodes if node.op == "call_module"] == [
        "conv", "bn", "body.0", "body.1",
    ]  # fmt: skip
