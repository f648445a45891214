# ruff: noqa: F403, F405
import tempfile
from pathlib import Path

import numpy as np
from fastai.vision.all import *
from PIL import Image as PILI

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
for kind in ("dark", "light"):
    (folder / kind).mkdir()
    for i in range(12):
        base = 40 if kind == "dark" else 200
        PILI.fromarray((rng.integers(0, 40, (32, 32, 3)) + base).astype("uint8")).save(folder / kind / f"{i}.png")
set_seed(0, True)
dls = ImageDataLoaders.from_folder(
    folder, valid_pct=0.25, seed=0, item_tfms=Resize(24), batch_tfms=aug_transforms(size=24), bs=6, num_workers=0
)
x, y = dls.one_batch()
print(type(x).__name__, tuple(x.shape), type(y).__name__)
set_seed(0, True)
learn = vision_learner(dls, resnet18, pretrained=False, metrics=error_rate)
with learn.no_bar(), learn.no_logging():
    learn.fine_tune(1, freeze_epochs=1)
    result = learn.validate()
print(len(result), float(result[0]) > 0)
