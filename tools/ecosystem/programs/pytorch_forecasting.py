import lightning.pytorch as pl
import numpy as np
import pandas as pd
from pytorch_forecasting import TemporalFusionTransformer, TimeSeriesDataSet
from pytorch_forecasting.metrics import QuantileLoss

pl.seed_everything(0)
df = pd.DataFrame({"t": np.tile(np.arange(40), 3), "g": np.repeat(list("abc"), 40)})
df["v"] = np.sin(df.t / 3.0) + df.g.map({"a": 0, "b": 1, "c": 2})
data = TimeSeriesDataSet(
    df, time_idx="t", target="v", group_ids=["g"], max_encoder_length=12, max_prediction_length=4,
    static_categoricals=["g"], time_varying_known_reals=["t"], time_varying_unknown_reals=["v"],
    add_relative_time_idx=True,
)  # fmt: skip
loader = data.to_dataloader(train=True, batch_size=16, num_workers=0)
net = TemporalFusionTransformer.from_dataset(
    data,
    hidden_size=8,
    attention_head_size=1,
    hidden_continuous_size=4,
    loss=QuantileLoss(),
    dropout=0.0,
    log_interval=0,
    learning_rate=0.01,
)
trainer = pl.Trainer(
    max_epochs=1,
    limit_train_batches=3,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    gradient_clip_val=0.1,
)
trainer.fit(net, loader)
print(trainer.callback_metrics["train_loss_step"].item())
out = net.predict(
    data.to_dataloader(train=False, batch_size=32, num_workers=0),
    mode="prediction",
    trainer_kwargs={"accelerator": "cpu", "logger": False, "enable_progress_bar": False},
)
print(out.shape, out.sum().item())
