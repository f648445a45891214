import albumentations as A
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2

rng = np.random.default_rng(0)
im = rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)


class D(torch.utils.data.Dataset):
    t = A.Compose([A.RandomCrop(16, 16), A.HorizontalFlip(p=0.5), A.Normalize(), ToTensorV2()], seed=0)

    def __len__(s):
        return 8

    def __getitem__(s, i):
        r = s.t(image=im, mask=im[..., 0])
        return r["image"], r["mask"]


xs, ms = next(iter(torch.utils.data.DataLoader(D(), 4)))
print(xs.shape, xs.dtype, xs.sum().item(), ms.shape, ms.dtype, ms.sum().item())
torch.manual_seed(0)
m = torch.nn.Conv2d(3, 1, 3)
torch.nn.init.normal_(m.weight)
(m(xs) ** 2).mean().backward()
print(m.weight.grad.norm().item())
