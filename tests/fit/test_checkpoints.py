"""A run that was interrupted goes on to the numbers that it would have had."""

import os
import random
import stat

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import fit, nn
from ferrotorch.utils.data import DataLoader, Dataset

INPUTS = torch.from_numpy(np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
TARGET = (INPUTS.sum(1) > 0).long()


class Noisy(Dataset):
    """Samples that depend on every source of random numbers."""

    def __len__(self):
        return len(INPUTS)

    def __getitem__(self, index):
        noise = random.random() + np.random.rand() + float(torch.rand(()))
        return INPUTS[index] + noise / 10, TARGET[index]


def loaders():
    return {
        "arrays": lambda: (INPUTS, TARGET),
        "loader": lambda: DataLoader(Noisy(), batch_size=8, shuffle=True),
        "generator": lambda: DataLoader(
            Noisy(), batch_size=8, shuffle=True, generator=torch.Generator().manual_seed(5)
        ),
    }


class StopsAt(fit.Callback):
    """Stands for the loss of the process."""

    def __init__(self, step):
        self.at = step

    def on_step(self, trainer):
        if trainer.step == self.at:
            raise KeyboardInterrupt


def new_run(folder, stop_at):
    fit.seed_everything(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return fit.Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics=["accuracy", "auroc"],
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3),
        callbacks=[fit.Checkpoint(folder, every_steps=2), fit.EarlyStopping(patience=9), StopsAt(stop_at)],
    )


@pytest.mark.parametrize("stop_at", [3, 5, 6, 9, 14])
@pytest.mark.parametrize("form", list(loaders()))
def test_resumed_runs_have_the_same_numbers(tmp_path, form, stop_at):
    data = loaders()[form]
    whole = new_run(tmp_path / "whole", None)
    whole.fit(data(), (INPUTS, TARGET), epochs=3, batch_size=8, verbose=False)

    cut = new_run(tmp_path / "cut", stop_at)
    with pytest.raises(fit.FitInterrupted, match=r"after \d+ updates. The last good checkpoint is kept: .*last\.pt"):
        cut.fit(data(), (INPUTS, TARGET), epochs=3, batch_size=8, verbose=False)
    resumed = new_run(tmp_path / "cut", None)
    torch.rand(7)  # other random numbers before
    history = resumed.fit(
        data(), (INPUTS, TARGET), epochs=3, batch_size=8, resume=tmp_path / "cut" / "last.pt", verbose=False
    )
    assert resumed.step == whole.step
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    for column in set(history.columns) - {"seconds"}:
        assert history[column] == whole.history[column], column


def test_best_and_last(tmp_path):
    run = new_run(tmp_path, None)
    run.fit((INPUTS, TARGET), (INPUTS, TARGET), epochs=4, verbose=False)
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    losses = run.history["val_loss"]
    assert best["epoch"] == 1 + losses.index(min(losses))
    assert torch.load(tmp_path / "last.pt", weights_only=True)["epoch"] == 4


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    run = new_run(tmp_path, None)
    run.fit((INPUTS, TARGET), epochs=1, verbose=False)
    before = (tmp_path / "last.pt").read_bytes()

    def no_space(descriptor):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", no_space)
    message = r"cannot write checkpoint: No space left on device. The last good checkpoint is kept: fit\(..., resume="
    with pytest.raises(fit.CheckpointError, match=message) as caught:
        run.fit((INPUTS, TARGET), epochs=3, verbose=False)
    assert caught.value.errno == 28
    monkeypatch.undo()
    assert (tmp_path / "last.pt").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pt", "last.pt"]


def test_a_disk_that_is_full_after_the_best_names_that(tmp_path, monkeypatch):
    def space_for_one(descriptor):
        if (tmp_path / "best.pt").exists() and stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(28, os.strerror(28))

    run = new_run(tmp_path, None)
    monkeypatch.setattr(os, "fsync", space_for_one)
    with pytest.raises(fit.CheckpointError, match=r"checkpoint is kept: fit\(..., resume='[^']*best.pt'\) goes on"):
        run.fit((INPUTS, TARGET), epochs=3, batch_size=len(INPUTS), verbose=False)
    monkeypatch.undo()
    again = new_run(tmp_path, None)
    again.fit((INPUTS, TARGET), epochs=2, batch_size=len(INPUTS), resume=tmp_path / "best.pt", verbose=False)
    assert len(again.history) == 2


@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "state.pt"
    if content is None:
        torch.save({"weight": torch.ones(1)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(fit.CheckpointError, match="cannot resume from checkpoint"):
        new_run(tmp_path, None).fit((INPUTS, TARGET), resume=path)
    with pytest.raises(fit.CheckpointError, match="No such file"):
        new_run(tmp_path, None).load(tmp_path / "absent.pt")


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    new_run(tmp_path, None).save(tmp_path / "state.pt")
    model = nn.Linear(4, 2)
    other = fit.Trainer(model, nn.CrossEntropyLoss(), torch.optim.Adam)
    with pytest.raises(fit.CheckpointError, match="of a run with callbacks"):
        other.load(tmp_path / "state.pt")


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path):
    fit.Trainer(nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.optim.Adam).save(tmp_path / "state.pt")
    other = fit.Trainer(nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.optim.SGD)
    before = other.model.weight.clone()
    with pytest.raises(fit.CheckpointError) as caught:
        other.load(tmp_path / "state.pt")
    assert str(caught.value).startswith("cannot resume from checkpoint: it is of another optimizer than SGD: it has no")
    assert torch.equal(other.model.weight, before)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    callback = fit.Checkpoint(tmp_path / "file")
    run = fit.Trainer(nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.optim.Adam, callbacks=callback)
    with pytest.raises(fit.CheckpointError, match="cannot make the folder: File exists"):
        run.fit((INPUTS, TARGET), epochs=1, verbose=False)
