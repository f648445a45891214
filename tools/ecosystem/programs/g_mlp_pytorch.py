import torch
from g_mlp_pytorch import gMLP, gMLPVision
from mlp_mixer_pytorch import MLPMixer

torch.manual_seed(0)
text = gMLP(num_tokens=20, dim=16, depth=2, seq_len=12, circulant_matrix=True, act=torch.nn.Tanh())
print(text(torch.randint(0, 20, (1, 12))).sum().item())
for model in (
    gMLPVision(image_size=16, patch_size=4, num_classes=5, dim=16, depth=2),
    MLPMixer(image_size=16, channels=3, patch_size=4, dim=16, depth=2, num_classes=5),
):
    y = model.eval()(torch.randn(2, 3, 16, 16))
    y.square().mean().backward()
    print(type(model).__name__, y.sum().item(), sum(p.grad.norm().item() for p in model.parameters()))
