# ruff: noqa: E402, E741
import scipy.signal
import scipy.signal.windows

scipy.signal.cosine = scipy.signal.windows.cosine
import torch
from vocos.discriminators import MultiPeriodDiscriminator
from vocos.feature_extractors import MelSpectrogramFeatures
from vocos.heads import IMDCTSymExpHead, ISTFTHead
from vocos.loss import MelSpecReconstructionLoss
from vocos.models import VocosBackbone
from vocos.spectral_ops import IMDCT, MDCT

torch.manual_seed(0)
w = torch.randn(2, 4096) * 0.1
f = MelSpectrogramFeatures(n_fft=256, hop_length=64, n_mels=20)
b = VocosBackbone(20, 16, 32, 2)
h = ISTFTHead(16, 256, 64)
z = h(b(f(w)))
print(z.shape, z.abs().mean().item())
L = MelSpecReconstructionLoss()
l = L(z, w[:, : z.shape[1]])
l.backward()
print(l.item(), b.embed.weight.grad.norm().item())
print(IMDCTSymExpHead(16, 128)(b(f(w))).shape)
m = MDCT(128)(w)
print(m.shape, IMDCT(128)(m).abs().mean().item())
d = MultiPeriodDiscriminator(periods=(2, 3))
print([o.shape for o in d(w[:, : z.shape[1]], z.detach())[0]])
