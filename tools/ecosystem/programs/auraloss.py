import random

import auraloss
import numpy
import torch

torch.manual_seed(0)
random.seed(0)
numpy.random.seed(0)
x, y = torch.randn(2, 1, 8192, requires_grad=True), torch.randn(2, 1, 8192)
losses = {
    "mrstft": auraloss.freq.MultiResolutionSTFTLoss(fft_sizes=[256, 512], hop_sizes=[64, 128], win_lengths=[256, 512]),
    "stft": auraloss.freq.STFTLoss(fft_size=512, hop_size=128, win_length=512, w_phs=0.3),
    "random": auraloss.freq.RandomResolutionSTFTLoss(resolutions=2, max_fft_size=1024),
    "esr": auraloss.time.ESRLoss(),
    "dc": auraloss.time.DCLoss(),
    "logcosh": auraloss.time.LogCoshLoss(),
    "snr": auraloss.time.SNRLoss(),
    "sisdr": auraloss.time.SISDRLoss(),
    "sdsdr": auraloss.time.SDSDRLoss(),
}
for name, loss in losses.items():
    x.grad = None
    v = loss(x, y)
    v.backward()
    print(name, v.item(), x.grad.abs().sum().item())
fir = auraloss.perceptual.FIRFilter(filter_type="hp", coef=0.85)
a, b = fir(x, y)
print(a.shape, a.sum().item(), b.abs().mean().item())
for kind in ("fd", "aw"):
    a, b = auraloss.perceptual.FIRFilter(filter_type=kind, fs=44100)(x, y)
    print(kind, a.abs().sum().item())
