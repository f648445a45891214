import tempfile

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Net(pl.LightningModule):
    def __init__(self, width=8):
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.ReLU(), torch.nn.Linear(width, 2))

    def training_step(self, batch, index):
        loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.05)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1)}


pl.seed_everything(0)
x = torch.randn(60, 4)
y = (x.sum(1) > 0).long()
train = DataLoader(TensorDataset(x[:40], y[:40]), batch_size=10, shuffle=True)
val = DataLoader(TensorDataset(x[40:], y[40:]), batch_size=10)
folder = tempfile.mkdtemp()
checkpoint = pl.callbacks.ModelCheckpoint(folder, monitor="val_loss", filename="best")
trainer = pl.Trainer(
    max_epochs=3,
    accelerator="cpu",
    logger=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    gradient_clip_val=0.5,
    callbacks=[checkpoint, pl.callbacks.EarlyStopping("val_loss")],
    precision="bf16-mixed",
)
trainer.fit(Net(), train, val)
print(round(trainer.callback_metrics["val_loss"].item(), 2))
again = Net.load_from_checkpoint(checkpoint.best_model_path)
print(again.hparams.width, round(trainer.validate(again, val, verbose=False)[0]["val_loss"], 2))
pl.seed_everything(0)
trainer = pl.Trainer(
    max_epochs=2,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    accumulate_grad_batches=2,
)
trainer.fit(Net(), train, val)
print(trainer.callback_metrics["val_loss"].item(), trainer.callback_metrics["train_loss"].item())
