import torch
from nystrom_attention import Nystromformer

torch.manual_seed(0)
model = Nystromformer(dim=16, dim_head=8, heads=2, depth=2, num_landmarks=8, pinv_iterations=4)
x, mask = torch.randn(1, 32, 16), torch.ones(1, 32).bool()
mask[:, 28:] = False
y = model(x, mask=mask)
y.square().mean().backward()
print(y.sum().item(), sum(p.grad.norm().item() for p in model.parameters()))
