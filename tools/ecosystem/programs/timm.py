import timm
import torch

torch.manual_seed(0)
for name in ("resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_050"):
    size = 224 if "vit" in name else 64
    net = timm.create_model(name, num_classes=7).eval()
    y = net(torch.randn(1, 3, size, size))
    y.square().sum().backward()
    print(name, y.shape[1], sum(p.numel() for p in net.parameters()), y.sum().item())
