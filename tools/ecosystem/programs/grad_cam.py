import torch
from pytorch_grad_cam import (
    EigenCAM,
    FullGrad,
    GradCAM,
    GradCAMElementWise,
    GradCAMPlusPlus,
    GuidedBackpropReLUModel,
    HiResCAM,
    LayerCAM,
    ScoreCAM,
    XGradCAM,
)
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget, ClassifierOutputTarget
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 12, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


net = Net()
net(torch.randn(4, 3, 16, 16))
net.eval()
x = torch.randn(2, 3, 16, 16)
targets = [ClassifierOutputTarget(1), ClassifierOutputSoftmaxTarget(3)]
for C in (GradCAM, GradCAMPlusPlus, XGradCAM, EigenCAM, LayerCAM, HiResCAM, GradCAMElementWise, ScoreCAM, FullGrad):
    with C(model=net, target_layers=[net.body[4]]) as cam:
        g = cam(input_tensor=x, targets=targets)
        print(C.__name__, g.shape, round(float(g.mean()), 4), round(float(g.std()), 4))
with GradCAM(model=net, target_layers=[net.body[0], net.body[4]]) as cam:
    g = cam(input_tensor=x, targets=None, aug_smooth=True, eigen_smooth=False)
    print(g.mean())
    torch.manual_seed(1)
print([len(m._forward_hooks) for m in net.body])
gb = GuidedBackpropReLUModel(model=net, device="cpu")
print(gb(x[:1], target_category=2).shape, round(float(gb(x[:1], target_category=2).mean()), 5))
