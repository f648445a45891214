import numpy as np
import torch
from gluonts.dataset.common import ListDataset
from gluonts.torch import (
    DeepAREstimator,
    DLinearEstimator,
    PatchTSTEstimator,
    SimpleFeedForwardEstimator,
    TemporalFusionTransformerEstimator,
)

torch.manual_seed(0)
np.random.seed(0)
ds = ListDataset([{"start": "2020-01-01", "target": np.sin(np.arange(60) / 5 + k)} for k in range(4)], freq="D")
for E, kw in (
    (SimpleFeedForwardEstimator, {}),
    (DLinearEstimator, {}),
    (PatchTSTEstimator, {"patch_len": 4, "d_model": 8, "nhead": 2, "num_encoder_layers": 1, "dim_feedforward": 8}),
    (DeepAREstimator, {"freq": "D", "hidden_size": 8, "num_layers": 1}),
    (TemporalFusionTransformerEstimator, {"freq": "D", "hidden_dim": 8, "num_heads": 2}),
):
    e = E(
        prediction_length=5,
        context_length=10,
        batch_size=4,
        num_batches_per_epoch=3,
        trainer_kwargs={
            "max_epochs": 1,
            "enable_progress_bar": False,
            "logger": False,
            "accelerator": "cpu",
            "enable_model_summary": False,
        },
        **kw,
    )
    p = e.train(ds)
    f = next(iter(p.predict(ds)))
    print(
        E.__name__,
        type(f).__name__,
        f.mean.shape if hasattr(f, "mean") else f.quantile(0.5).shape,
        np.isfinite(f.quantile(0.5)).all(),
    )
