import torch
import torchaudio
import torchaudio.functional as F
from torchaudio import transforms as T

torch.manual_seed(0)
x = torch.randn(1, 4000)
print(
    T.MelSpectrogram(16000, n_fft=256, n_mels=20)(x).sum().item(),
    T.MFCC(16000, n_mfcc=5, melkwargs={"n_fft": 256, "n_mels": 20})(x).sum().item(),
)
print(F.resample(x, 16000, 8000).abs().sum().item(), F.amplitude_to_DB(x.abs(), 10.0, 1e-10, 0.0, 80.0).sum().item())
a = torch.tensor([[1.0, -0.5, 0.2], [1.0, -1.2, 0.9]], requires_grad=True)
y = F.lfilter(x.repeat(2, 1), a, torch.tensor([[0.2, 0.1, 0.0], [0.3, 0.1, 0.5]]), clamp=False)
y.square().mean().backward()
print(
    y.abs().sum().item(),
    a.grad.sum().item(),
    F.lowpass_biquad(x, 16000, 1000).abs().sum().item(),
    F.overdrive(x / 10).abs().sum().item(),
)
print(
    T.Spectrogram(n_fft=128)(x).sum().item(),
    T.InverseSpectrogram(n_fft=128)(T.Spectrogram(n_fft=128, power=None)(x)).abs().sum().item(),
)
print(
    T.TimeMasking(5)(torch.rand(1, 10, 20)).shape,
    F.spectral_centroid(x, 16000, 0, torch.hann_window(128), 128, 64, 128).sum().item(),
)
print(
    torchaudio.models.Wav2Letter(num_classes=4)(torch.randn(1, 1, 2000)).sum().item(),
    T.GriffinLim(n_fft=64, n_iter=2, rand_init=False)(torch.rand(33, 10)).abs().sum().item(),
)
logits = torch.randn(2, 5, 4, 6, requires_grad=True)


def i(*values):
    return torch.tensor(values, dtype=torch.int32)


loss = F.rnnt_loss(logits, torch.randint(1, 6, (2, 3), dtype=torch.int32), i(5, 4), i(3, 2), blank=0)
loss.backward()
print(loss.item(), logits.grad.abs().sum().item())
lp = torch.randn(1, 12, 5).log_softmax(-1)
path, scores = F.forced_align(lp, torch.tensor([[1, 2, 2, 4]], dtype=torch.int32), blank=0)
print(path.tolist(), scores.sum().item(), [(s.token, s.start, s.end) for s in F.merge_tokens(path[0], scores[0].exp())])
