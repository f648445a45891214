import torch
from pytorch_msssim import SSIM, ms_ssim, ssim

torch.manual_seed(0)
a, b = torch.rand(1, 3, 192, 192), torch.rand(1, 3, 192, 192, requires_grad=True)
value = ssim(a, b, data_range=1.0)
value.backward()
print(
    value.item(),
    b.grad.abs().sum().item(),
    ms_ssim(a, a * 0.9, data_range=1.0).item(),
    SSIM(data_range=1.0)(a, a).item(),
)
