import random

import numpy as np
import torch
import torch_audiomentations as ta

x = torch.rand(4, 2, 4000, generator=torch.Generator().manual_seed(0)) - 0.5


def seed():
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)


kw = {"p": 1.0, "sample_rate": 16000, "output_type": "tensor"}
for T in (
    ta.Gain(**kw),
    ta.PolarityInversion(**kw),
    ta.PeakNormalization(**kw),
    ta.Shift(**kw),
    ta.AddColoredNoise(**kw),
    ta.LowPassFilter(**kw),
    ta.HighPassFilter(**kw),
    ta.BandPassFilter(**kw),
    ta.BandStopFilter(**kw),
    ta.TimeInversion(**kw),
    ta.ShuffleChannels(**kw),
):
    seed()
    y = T(x, sample_rate=16000)
    print(type(T).__name__, y.shape, round(y.abs().sum().item(), 2), round(y.std().item(), 4))
seed()
c = ta.Compose(
    [
        ta.Gain(min_gain_in_db=-15.0, max_gain_in_db=5.0, p=0.5, output_type="tensor"),
        ta.SomeOf(
            1,
            [ta.PolarityInversion(p=1.0, output_type="tensor"), ta.Shift(p=1.0, output_type="tensor")],
            output_type="tensor",
        ),
        ta.OneOf(
            [ta.Gain(p=1.0, output_type="tensor"), ta.TimeInversion(p=1.0, output_type="tensor")], output_type="tensor"
        ),
    ],
    output_type="tensor",
)
print(c(x, sample_rate=16000).sum().item())
seed()
d = ta.Gain(p=1.0, output_type="dict", mode="per_channel")(samples=x, sample_rate=16000)
print(type(d).__name__, d.samples.sum().item())
