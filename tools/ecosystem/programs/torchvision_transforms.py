import numpy as np
import torch
from PIL import Image
from torchvision import transforms, tv_tensors, utils
from torchvision.transforms import functional as F
from torchvision.transforms import v2

torch.manual_seed(0)
image = Image.fromarray((np.arange(32 * 40 * 3) % 251).astype("uint8").reshape(32, 40, 3))
old = transforms.Compose(
    [
        transforms.Resize(28),
        transforms.RandomCrop(24),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(0.2, 0.2, 0.2, 0.1),
        transforms.ToTensor(),
        transforms.Normalize((0.5,) * 3, (0.25,) * 3),
        transforms.RandomErasing(p=1.0),
    ]
)
print(old(image).sum().item())
t = F.to_tensor(image)
print(
    [
        round(f(t).sum().item(), 2)
        for f in (
            lambda x: F.rotate(x, 30.0),
            lambda x: F.affine(x, 10.0, [2, 3], 1.2, [5.0]),
            lambda x: F.gaussian_blur(x, 3),
            lambda x: F.adjust_hue(x, 0.2),
            lambda x: F.resize(x, [10, 12], antialias=True),
            F.rgb_to_grayscale,
            lambda x: F.perspective(x, [[0, 0], [39, 0], [39, 31], [0, 31]], [[2, 1], [37, 2], [36, 30], [1, 29]]),
            lambda x: F.autocontrast(x),
            lambda x: F.adjust_sharpness(x, 2.0),
            lambda x: F.elastic_transform(x, torch.zeros(1, 32, 40, 2)),
        )
    ]
)
boxes = tv_tensors.BoundingBoxes([[3, 4, 20, 25]], format="XYXY", canvas_size=(32, 40))
new = v2.Compose(
    [
        v2.ToImage(),
        v2.RandomResizedCrop(24, antialias=True),
        v2.RandomHorizontalFlip(p=1.0),
        v2.RandomRotation(10),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.5] * 3, [0.25] * 3),
    ]
)
out, moved = new(image, boxes)
print(type(out).__name__, type(moved).__name__, out.sum().item(), moved.tolist())
u8 = v2.functional.pil_to_tensor(image)
print(
    [
        int(f(u8).long().sum())
        for f in (
            v2.functional.equalize,
            lambda x: v2.functional.posterize(x, 3),
            lambda x: v2.functional.solarize(x, 100),
            v2.functional.invert,
            lambda x: v2.functional.resize(x, [20, 22]),
        )
    ]
)
print(
    v2.RandAugment()(image).size,
    v2.MixUp(num_classes=3)(torch.rand(4, 3, 8, 8), torch.arange(4) % 3)[1].sum().item(),
    utils.make_grid(torch.rand(4, 3, 6, 6)).shape,
)
