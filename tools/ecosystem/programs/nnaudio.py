import torch
from nnAudio import features

torch.manual_seed(0)
x = torch.sin(torch.linspace(0, 400, 4000))[None] + 0.1 * torch.randn(2, 4000)
for kind, options in (
    (features.STFT, {"n_fft": 256, "output_format": "Magnitude"}),
    (features.MelSpectrogram, {"sr": 8000, "n_fft": 256, "n_mels": 20}),
    (features.MFCC, {"sr": 8000, "n_mfcc": 8, "n_fft": 256, "n_mels": 20}),
    (features.CQT1992v2, {"sr": 8000, "fmin": 220, "n_bins": 24, "hop_length": 128}),
    (features.Gammatonegram, {"sr": 8000, "n_fft": 256, "n_bins": 16}),
):
    layer = kind(verbose=False, **options)
    out = layer(x)
    print(kind.__name__, tuple(out.shape), out.mean().item(), out.std().item())
layer = features.STFT(n_fft=256, trainable=True, output_format="Magnitude", verbose=False)
layer(x).square().mean().backward()
print([round(p.grad.norm().item(), 6) for p in layer.parameters()])
