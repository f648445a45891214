import ptwt
import pywt
import torch

torch.manual_seed(0)
x = torch.randn(2, 32, dtype=torch.float64, requires_grad=True)
coefficients = ptwt.wavedec(x, pywt.Wavelet("db2"), mode="zero", level=2)
print(
    [c.sum().item() for c in coefficients],
    ptwt.waverec(coefficients, pywt.Wavelet("db2")).sub(x).abs().max().item() < 1e-9,
)
sum(c.abs().sum() for c in coefficients).backward()
print(x.grad.sum().item())
image = torch.randn(1, 16, 16, dtype=torch.float64)
parts = ptwt.wavedec2(image, "haar", level=2)
print(parts[0].sum().item(), ptwt.waverec2(parts, "haar").sub(image).abs().max().item() < 1e-9)
print(ptwt.cwt(x.detach(), torch.arange(1, 5), "cmor1.5-1.0")[0].abs().sum().item())
packet = ptwt.WaveletPacket(x.detach(), "haar", maxlevel=2)
print(packet["ad"].sum().item())
