import kornia
import torch

torch.manual_seed(0)
x = torch.rand(1, 3, 8, 8)
print(kornia.filters.gaussian_blur2d(x, (3, 3), (1.0, 1.0)).sum().item(), kornia.color.rgb_to_hsv(x).sum().item())
print(kornia.geometry.transform.rotate(x, torch.tensor([30.0])).sum().item(), kornia.filters.sobel(x).sum().item())
