import torch
from torch import nn
from torchcam.methods import CAM, ISCAM, GradCAM, GradCAMpp, LayerCAM, ScoreCAM, SmoothGradCAMpp, XGradCAM

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.ReLU())
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.pool(self.layer2(self.layer1(x))).flatten(1))


net = Net().eval()
x = torch.randn(1, 3, 16, 16, requires_grad=True)
for C, kw in (
    (CAM, {"fc_layer": "fc"}),
    (GradCAM, {}),
    (GradCAMpp, {}),
    (SmoothGradCAMpp, {"num_samples": 2}),
    (XGradCAM, {}),
    (LayerCAM, {}),
    (ScoreCAM, {"batch_size": 8}),
    (ISCAM, {"num_samples": 2}),
):
    torch.manual_seed(1)
    with C(net, target_layer="layer2", **kw) as ex:
        out = net(x)
        maps = ex(2, out) if C in (GradCAM, GradCAMpp, SmoothGradCAMpp, XGradCAM, LayerCAM) else ex(2)
        print(C.__name__, [m.shape for m in maps], round(maps[0].mean().item(), 4), ex.target_names)
with GradCAM(net, ["layer1", "layer2"]) as ex:
    out = net(x)
    maps = ex(out.squeeze(0).argmax().item(), out)
    fused = ex.fuse_cams(maps)
    print(fused.shape, round(fused.mean().item(), 4))
print(len(net._forward_hooks), len(net.layer2._forward_hooks))
