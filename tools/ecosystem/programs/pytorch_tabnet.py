import numpy as np
import torch
from pytorch_tabnet.multitask import TabNetMultiTaskClassifier
from pytorch_tabnet.pretraining import TabNetPretrainer
from pytorch_tabnet.sparsemax import entmax15, sparsemax
from pytorch_tabnet.tab_model import TabNetClassifier, TabNetRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 6)).astype(np.float32)
X[:, 5] = rng.integers(0, 4, 120)
y = (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(int)
r = X[:, :1] * 2 - X[:, 1:2]
z = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
print(sparsemax(z, -1), entmax15(z, -1))
kw = {"n_d": 4, "n_a": 4, "n_steps": 2, "cat_idxs": [5], "cat_dims": [4], "cat_emb_dim": 2, "seed": 0, "verbose": 0}
clf = TabNetClassifier(
    optimizer_fn=torch.optim.Adam,
    optimizer_params={"lr": 2e-2},
    scheduler_fn=torch.optim.lr_scheduler.StepLR,
    scheduler_params={"step_size": 2, "gamma": 0.9},
    mask_type="entmax",
    **kw,
)
clf.fit(
    X[:96],
    y[:96],
    eval_set=[(X[96:], y[96:])],
    eval_metric=["auc", "accuracy", "logloss"],
    max_epochs=4,
    patience=5,
    batch_size=32,
    virtual_batch_size=16,
    num_workers=0,
)
print(
    {
        k: [round(float(v), 4) for v in vs]
        for k, vs in clf.history.history.items()
        if k != "epoch" and not k.endswith("time")
    }
)
print(clf.predict_proba(X[:3]).round(4), clf.feature_importances_.round(4))
ex, masks = clf.explain(X[:4])
print(ex.round(3), {k: v.sum().round(3) for k, v in masks.items()})
reg = TabNetRegressor(**kw)
reg.fit(
    X[:96], r[:96], eval_set=[(X[96:], r[96:])], max_epochs=3, batch_size=32, virtual_batch_size=16, augmentations=None
)
print(reg.predict(X[:3]).round(4))
pre = TabNetPretrainer(**kw)
pre.fit(X, max_epochs=2, batch_size=40, virtual_batch_size=20, pretraining_ratio=0.5)
print([round(float(v), 4) for v in pre.history["loss"]])
c2 = TabNetClassifier(**kw)
c2.fit(X, y, max_epochs=1, batch_size=40, virtual_batch_size=20, from_unsupervised=pre)
print(c2.predict_proba(X[:2]).round(4))
p = clf.save_model("/tmp/tabnet_eco_model")
c3 = TabNetClassifier()
c3.load_model(p)
print(np.abs(c3.predict_proba(X[:5]) - clf.predict_proba(X[:5])).max())
mt = TabNetMultiTaskClassifier(**kw)
mt.fit(X, np.stack([y, 1 - y], 1), max_epochs=1, batch_size=40, virtual_batch_size=20)
print([a.shape for a in mt.predict_proba(X[:2])])
