import torch
import torchio as tio

torch.manual_seed(0)
subject = tio.Subject(
    t1=tio.ScalarImage(tensor=torch.rand(1, 12, 12, 12)),
    seg=tio.LabelMap(tensor=(torch.rand(1, 12, 12, 12) > 0.5).int()),
)
t = tio.Compose(
    [
        tio.RescaleIntensity((0, 1)),
        tio.RandomFlip(axes=(0,), flip_probability=1.0),
        tio.RandomNoise(std=0.1),
        tio.CropOrPad(10),
        tio.ZNormalization(),
    ]
)
out = t(subject)
print(out.t1.shape, out.t1.data.std().item(), out.seg.data.sum().item())
sampler = tio.GridSampler(subject, 6, 2)
loader = tio.SubjectsLoader(sampler, batch_size=4)
agg = tio.GridAggregator(sampler)
for b in loader:
    agg.add_batch(b["t1"][tio.DATA] * 2, b[tio.LOCATION])
print(agg.get_output_tensor().sum().item())
