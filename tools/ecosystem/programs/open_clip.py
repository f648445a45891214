import open_clip
import torch
from open_clip.model import CLIP

torch.manual_seed(0)
net = CLIP(
    16,
    {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16},
    {"context_length": 12, "vocab_size": 50, "width": 32, "heads": 2, "layers": 2},
)
image, text = torch.randn(2, 3, 32, 32), torch.randint(0, 50, (2, 12))
a, b, scale = net(image, text)
loss = open_clip.ClipLoss()(a, b, scale)
loss.backward()
print(a.sum().item(), b.sum().item(), scale.item(), loss.item())
print(net.visual.conv1.weight.grad.abs().sum().item(), open_clip.tokenize(["a dog"]).sum().item())
