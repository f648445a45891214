import julius
import torch

torch.manual_seed(0)
x = torch.randn(2, 4000, requires_grad=True)
print(julius.resample_frac(x, 4, 3).shape, julius.resample_frac(x, 4, 3).square().mean().item())
print(julius.lowpass_filter(x, 0.1).std().item(), julius.highpass_filter(x, 0.2).std().item())
bands = julius.split_bands(x, 8000, n_bands=4)
print(tuple(bands.shape), bands.std(dim=-1).flatten().tolist())
print(
    julius.bandpass_filter(x, 0.1, 0.2).std().item(), julius.fft_conv1d(x[:, None], torch.randn(3, 1, 64)).std().item()
)
julius.resample_frac(x, 2, 1).square().sum().backward()
print(x.grad.norm().item())
