import torch
import ttach as tta

torch.manual_seed(0)
m = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3, padding=1))
x = torch.randn(2, 3, 8, 8)
t = tta.Compose([tta.HorizontalFlip(), tta.Rotate90([0, 90, 180]), tta.Scale([1, 2]), tta.Multiply([0.9, 1.1])])
print(tta.SegmentationTTAWrapper(m, t, merge_mode="mean")(x).norm().item())
c = torch.nn.Sequential(m, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
for mode in ("mean", "gmean", "max", "sum", "tsharpen"):
    print(
        mode,
        tta.ClassificationTTAWrapper(c, tta.aliases.five_crop_transform(6, 6), merge_mode=mode)(x)
        .nan_to_num()
        .tolist(),
    )
