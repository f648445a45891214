import torch
from torchvision import models, transforms

torch.manual_seed(0)
net = models.resnet18(num_classes=10).eval()
x = torch.randn(1, 3, 64, 64)
y = net(x)
y.square().sum().backward()
print(y.sum().item(), net.conv1.weight.grad.abs().mean().item())
change = transforms.Compose([transforms.CenterCrop(32), transforms.Normalize((0.5,) * 3, (0.25,) * 3)])
print(change(x).sum().item(), models.squeezenet1_1(num_classes=5).eval()(x).sum().item())
