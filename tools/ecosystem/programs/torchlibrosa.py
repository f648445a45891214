import torch
from torchlibrosa.augmentation import SpecAugmentation
from torchlibrosa.stft import ISTFT, STFT, LogmelFilterBank, Spectrogram

torch.manual_seed(0)
x = torch.randn(2, 4096, requires_grad=True)
st = STFT(n_fft=256, hop_length=64)
re, im = st(x)
print(re.shape, re.sum().item(), im.abs().sum().item())
ist = ISTFT(n_fft=256, hop_length=64)
print((ist(re, im, 4096) - x).abs().max().item() < 1e-3)
sp = Spectrogram(n_fft=256, hop_length=64)(x)
lm = LogmelFilterBank(sr=8000, n_fft=256, n_mels=20)(sp)
lm.mean().backward()
print(sp.shape, lm.shape, lm.mean().item(), x.grad.abs().sum().item())
torch.manual_seed(1)
aug = SpecAugmentation(time_drop_width=8, time_stripes_num=2, freq_drop_width=4, freq_stripes_num=2)
aug.train()
print(aug(lm).sum().item())
