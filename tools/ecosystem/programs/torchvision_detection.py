import torch
from torchvision import models
from torchvision.models import detection

torch.manual_seed(0)
net = detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=4, min_size=64, max_size=96)
images = [torch.rand(3, 64, 80), torch.rand(3, 60, 64)]
targets = [{"boxes": torch.tensor([[5.0, 5.0, 40.0, 50.0]]), "labels": torch.tensor([1])} for _ in images]
losses = net(images, targets)
sum(losses.values()).backward()
print({name: round(loss.item(), 4) for name, loss in sorted(losses.items())})
with torch.no_grad():
    print(
        [sorted(r) for r in net.eval()(images)],
        models.vit_b_16(image_size=32).eval()(torch.rand(1, 3, 32, 32)).sum().item(),
    )
