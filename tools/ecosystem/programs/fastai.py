# ruff: noqa: F403, F405
import numpy as np
import pandas as pd
import torch
from fastai.tabular.all import *
from fastai.vision.all import TensorImage, TensorMask

set_seed(0, reproducible=True)
n = 200
rng = np.random.default_rng(0)
df = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "c": rng.choice(["x", "y", "z"], n)})
df["y"] = np.where(df.a + df.b > 0, "pos", "neg")
dls = TabularDataLoaders.from_df(
    df, y_names="y", cat_names=["c"], cont_names=["a", "b"], procs=[Categorify, FillMissing, Normalize], bs=32,
    valid_idx=list(range(150, 200)), y_block=CategoryBlock(), num_workers=0,
)  # fmt: skip
learn = tabular_learner(dls, layers=[16, 8], n_out=2, metrics=accuracy)
with learn.no_bar(), learn.no_logging():
    learn.fit_one_cycle(2, 1e-2)
    print([float(v) for v in learn.validate()])
preds, targets = learn.get_preds(dl=dls.valid)
print(preds.sum(0).tolist(), targets.sum().item())
image = TensorImage(torch.rand(3, 8, 8))
print(
    type(image + 1).__name__,
    type(image.mean()).__name__,
    type(image[0]).__name__,
    type(TensorMask(torch.zeros(2, 2)).long()).__name__,
)
