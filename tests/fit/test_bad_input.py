"""What goes wrong in training is said in one message."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import fit, nn

INPUTS, LABELS = torch.randn(16, 4), torch.arange(16) % 3


def fitted(model, loss, target, inputs=INPUTS, **options):
    run = fit.Trainer(model, loss, torch.optim.SGD(model.parameters(), lr=0.1), **options)
    return run.fit((inputs, target), epochs=2, batch_size=4, verbose=False)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(fit.FitError, match=r"returns shape \(4, 1\) .* \(4,\); MSELoss .* targets.unsqueeze\(-1\)"):
        fitted(nn.Linear(4, 1), nn.MSELoss(), torch.rand(16))
    with pytest.raises(fit.FitError, match="l1_loss compares element by element"):
        fitted(nn.Linear(4, 2), nn.functional.l1_loss, torch.rand(16, 1))


def test_labels_out_of_range_are_named():
    with pytest.raises(fit.FitError, match=r"labels 2 are out of range for 2 classes \(0 to 1\)"):
        fitted(nn.Linear(4, 2), nn.CrossEntropyLoss(), LABELS)
    with pytest.raises(fit.FitError, match=r"labels -1 are out of range"):
        fitted(nn.Linear(4, 3), nn.functional.cross_entropy, LABELS - 1)


def test_inputs_that_the_model_refuses_are_named():
    with pytest.raises(fit.FitError, match=r"the model failed at step 1 on inputs \(4, 4\) float32") as caught:
        fitted(nn.Linear(5, 3), nn.CrossEntropyLoss(), LABELS)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_loss_of_many_numbers_is_refused():
    with pytest.raises(fit.FitError, match=r"returned a tensor of shape \(4,\); expected a tensor of one number"):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(reduction="none"), LABELS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (INPUTS, "expected data as .inputs, targets. or a DataLoader"),
        ((INPUTS, LABELS[:5]), r"arrays of one length, at least 1, got shapes \(16, 4\), \(5,\)"),
        ((INPUTS[:0], LABELS[:0]), "at least 1"),
        (7, "expected arrays, tensors, a Dataset or a DataLoader, got int"),
        ([INPUTS], "to yield .inputs, targets., got Tensor"),
        ([], "yielded no batch"),
    ],
)
def test_data_that_is_none_is_refused(data, message):
    model = nn.Linear(4, 3)
    run = fit.Trainer(model, nn.CrossEntropyLoss(), torch.optim.Adam)
    with pytest.raises(fit.FitError, match=message):
        run.fit(data, verbose=False)


class Root(nn.Module):
    def forward(self, x):
        return x.sqrt()


def test_the_layer_that_makes_nan_is_named(device):
    model = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Tanh(), Root()), nn.Linear(8, 3)).to(device)
    with pytest.raises(fit.NonFiniteError, match=r"loss is nan at step 1: layer '1.1' \(Root\) is the first") as caught:
        fitted(model, nn.CrossEntropyLoss(), LABELS, precision="32")
    assert (caught.value.step, caught.value.layer, caught.value.parameter) == (1, "1.1", None)


def test_the_parameter_that_is_nan_is_named(tmp_path):
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))

    class Spoil(fit.Callback):
        def on_step(self, trainer):
            if trainer.step == 6:
                with torch.no_grad():
                    trainer.model[1].bias[0] = float("nan")

    kept = fit.Checkpoint(tmp_path, every_steps=1)
    with pytest.raises(
        fit.NonFiniteError, match=r"step 7: parameter '1.bias' of layer '1'.*last good .*last\.pt"
    ) as caught:
        fitted(model, nn.CrossEntropyLoss(), LABELS, callbacks=[kept, Spoil()])
    assert (caught.value.step, caught.value.layer, caught.value.parameter) == (7, "1", "1.bias")
    state = torch.load(kept.last, weights_only=True)
    assert state["step"] == 5
    assert all(value.isfinite().all() for value in state["model"].values())


def test_inputs_that_are_nan_are_named():
    inputs = INPUTS.clone()
    inputs[0, 0] = float("inf")
    with pytest.raises(fit.NonFiniteError, match=r"the inputs of this batch hold NaN or infinity\. No checkpoint"):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(), LABELS, inputs)


def test_a_monitor_that_is_not_measured_is_named():
    with pytest.raises(ValueError, match="monitor='val_acc': an epoch measures loss, lr, seconds"):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(), LABELS, callbacks=[fit.EarlyStopping("val_acc")])


@pytest.mark.parametrize(
    ("target", "loss", "advice"),
    [
        (LABELS.float(), nn.CrossEntropyLoss(), r"targets.long\(\) would fit"),
        (LABELS[:, None], nn.CrossEntropyLoss(), r"targets.squeeze\(1\) would fit"),
        (nn.functional.one_hot(LABELS, 3), nn.CrossEntropyLoss(), r"targets.argmax\(1\), the classes, would fit"),
        (torch.ones(16, 3).long(), nn.BCEWithLogitsLoss(), r"targets.float\(\) would fit"),
    ],
)
def test_what_would_make_targets_fit(target, loss, advice):
    with pytest.raises(fit.FitError, match=rf"failed at step 1: .*{advice}: \w+Error"):
        fitted(nn.Linear(4, 3), loss, target)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float64])
def test_what_would_make_inputs_fit(dtype):
    name = str(dtype).removeprefix("torch.")
    message = rf"\(4, 4\) {name}; the model computes in float32: inputs.to\(torch.float32\)"
    with pytest.raises(fit.FitError, match=message):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(), LABELS, INPUTS.to(dtype))


def test_words_that_an_embedding_looks_up_are_integers():
    words = nn.Sequential(nn.Embedding(3, 4), nn.Flatten(), nn.Linear(15, 3))
    with pytest.raises(fit.FitError, match="failed at step 1 on inputs") as caught:
        fitted(words, nn.CrossEntropyLoss(), LABELS, torch.zeros(16, 4, dtype=torch.int64))
    assert "would fit" not in str(caught.value)


def test_several_outputs_are_not_one():
    with pytest.raises(fit.FitError, match="a loss takes one tensor: let the model return that"):
        fitted(nn.LSTM(4, 3), nn.CrossEntropyLoss(), LABELS)


def test_where_it_failed_is_said():
    run = fit.Trainer(nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.optim.Adam)
    with pytest.raises(fit.FitError, match=r"CrossEntropyLoss failed in evaluation: .*labels 5, 6, 7 are out of range"):
        run.fit((INPUTS, LABELS), (INPUTS, LABELS + 5), epochs=1, verbose=False)
    with pytest.raises(fit.FitError, match=r"the model failed in prediction on inputs \(16, 3\) float32"):
        run.predict(INPUTS[:, :3])

    def faulty(output, target):
        raise KeyError("x")

    message = r"metric 'faulty' failed on output and target of shapes \(4, 3\) and \(4,\): KeyError"
    with pytest.raises(fit.FitError, match=message):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(), LABELS, metrics=faulty)


@pytest.mark.parametrize("array", [np.array(["a"] * 16), np.array([[1, "a"]] * 16, dtype=object)])
def test_arrays_of_no_numbers(array):
    with pytest.raises(fit.FitError, match="expected arrays of numbers, got one of dtype"):
        fitted(nn.Linear(4, 3), nn.CrossEntropyLoss(), LABELS, array)


LINEAR = nn.Linear(4, 3)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((nn.Linear, nn.MSELoss(), torch.optim.Adam), {}, TypeError, r"model is the class Linear; make one: Linear\("),
        ((print, nn.MSELoss(), torch.optim.Adam), {}, TypeError, "model must be an nn.Module, got the function print"),
        ((LINEAR, nn.MSELoss, torch.optim.Adam), {}, TypeError, r"loss is the class MSELoss; make one: MSELoss\(\)"),
        ((LINEAR, "mse", torch.optim.Adam), {}, TypeError, r"function of \(output, target\), got str 'mse'"),
        ((LINEAR, nn.MSELoss(), "adam"), {}, TypeError, r"optimizer must be one, or make one.* got str 'adam'"),
        ((LINEAR, nn.MSELoss(), torch.optim.Adam(nn.Linear(1, 1).parameters())), {}, ValueError,
         "Adam has no parameter of this Linear"),
        ((nn.ReLU(), nn.MSELoss(), torch.optim.Adam), {}, ValueError, "ReLU has no parameters: there is nothing to"),
        ((nn.Linear(1, 1).requires_grad_(False), nn.MSELoss(), torch.optim.Adam), {}, ValueError,
         "only parameters with requires_grad=False"),
        ((LINEAR, nn.MSELoss(), torch.optim.Adam), {"scheduler": torch.optim.lr_scheduler.StepLR}, TypeError,
         "scheduler is the class StepLR"),
        ((LINEAR, nn.MSELoss(), torch.optim.Adam), {"scheduler": 0.1}, TypeError, "got float 0.1"),
        ((LINEAR, nn.MSELoss(), torch.optim.Adam), {"callbacks": [print]}, TypeError, "got the function print"),
        ((LINEAR, nn.MSELoss(), torch.optim.Adam), {"callbacks": [fit.EarlyStopping]}, TypeError,
         "got the class EarlyStopping"),
    ],
)  # fmt: skip
def test_what_a_trainer_is_made_of(arguments, options, error, message):
    with pytest.raises(error, match=message):
        fit.Trainer(*arguments, **options)


@pytest.mark.parametrize("epochs", [-1, 1.5, "3"])
def test_numbers_of_epochs(epochs):
    with pytest.raises(ValueError, match="epochs must be an integer of at least 0"):
        fit.Trainer(LINEAR, nn.CrossEntropyLoss(), torch.optim.Adam).fit((INPUTS, LABELS), epochs=epochs)


def test_a_single_callback_is_one():
    run = fit.Trainer(LINEAR, nn.CrossEntropyLoss(), torch.optim.Adam, callbacks=fit.EarlyStopping(patience=1))
    assert len(run.callbacks) == 1 and len(run.fit((INPUTS, LABELS), epochs=1, verbose=False)) == 1


class Twice(nn.Linear):
    def forward(self, x):
        return super().forward(x), super().forward(x)


def test_a_metric_of_one_output_is_not_of_several():
    def of_first(output, target):
        return nn.functional.cross_entropy(output[0], target)

    with pytest.raises(
        fit.FitError, match=r"'accuracy' compares two tensors; the model returns \(\(4, 3\), \(4, 3\)\)"
    ):
        fitted(Twice(4, 3), of_first, LABELS, metrics="accuracy")


def test_a_forward_that_returns_nothing():
    class Silent(nn.Linear):
        def forward(self, x):
            super().forward(x)

    with pytest.raises(fit.FitError, match=r"the model returned None, .*has forward no return"):
        fitted(Silent(4, 3), nn.CrossEntropyLoss(), LABELS)


def test_a_loss_without_a_history_is_refused():
    with pytest.raises(fit.FitError, match="does not depend on a parameter that needs gradients"):
        fitted(nn.Linear(4, 3), lambda output, target: output.detach().mean(), LABELS)


def test_targets_that_are_nan_are_named():
    targets = torch.zeros(16, 1)
    targets[9] = float("nan")
    with pytest.raises(fit.NonFiniteError, match=r"at step .* the targets of this batch hold NaN"):
        fitted(nn.Linear(4, 1), nn.MSELoss(), targets)


def made(model=None):
    return fit.Trainer(model or nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.optim.Adam)


@pytest.mark.parametrize(
    "use",
    [
        lambda run: run.fit((INPUTS, LABELS), [], verbose=False),
        lambda run: run.evaluate([]),
        lambda run: run.evaluate(iter([])),
        lambda run: run.predict([]),
        lambda run: run.find_lr([]),
        lambda run: run.find_lr(iter([])),
        lambda run: run.fit(torch.utils.data.DataLoader([]), verbose=False),
    ],
)
def test_data_without_a_batch_are_refused(use):
    run = made()
    with pytest.raises(fit.FitError, match="the data yielded no batch"):
        use(run)
    assert run.step == 0


def test_an_iterator_that_has_ended_is_refused():
    with pytest.raises(fit.FitError, match="no batch in epoch 2: an iterator ends after one"):
        made().fit(iter([(INPUTS, LABELS)]), epochs=2, verbose=False)


def test_what_would_make_a_pair_is_said():
    with pytest.raises(fit.FitError, match="got dict of 2; a collate_fn can make a pair"):
        made().fit([{"x": INPUTS, "y": LABELS}], verbose=False)
    with pytest.raises(fit.FitError, match="got Tensor; a list is one of batches: arrays are given as a tuple"):
        made().fit([INPUTS, LABELS], verbose=False)
    with pytest.raises(fit.FitError, match=r"expected arrays, .*, got str"):
        made().fit("data.csv", verbose=False)


@pytest.mark.parametrize("size", [0, 1.5, "8"])
def test_sizes_of_batches(size):
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1"):
        made().fit((INPUTS, LABELS), batch_size=size, verbose=False)


def test_the_learning_rate_finder_says_what_fit_says():
    with pytest.raises(fit.FitError, match=r"failed in find_lr: .*labels 5, 6, 7 are out of range for 3 classes"):
        made().find_lr((INPUTS, LABELS + 5))
    with pytest.raises(fit.NonFiniteError, match="the inputs of this batch hold NaN"):
        made().find_lr((INPUTS * float("nan"), LABELS))


def test_a_number_that_is_nan_is_no_best_one():
    numbers = iter([float("nan"), 2.0, 1.0, float("nan"), 3.0])
    run = made()
    stopping = fit.EarlyStopping(monitor="number", mode="min", patience=2)

    class Measure(fit.Callback):
        def on_epoch_end(self, trainer, row):
            row["number"] = next(numbers)

    run.callbacks = [Measure(), stopping]
    assert len(run.fit((INPUTS, LABELS), epochs=9, verbose=False)) == 5
    assert stopping.best_epoch == 3
