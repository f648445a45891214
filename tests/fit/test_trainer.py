"""The trainer against a loop written by hand, on each kind of data, and its history."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import fit, nn
from ferrotorch.utils.data import DataLoader, TensorDataset


def problem(count=96):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(count, 4)).astype(np.float32)
    return inputs, (inputs @ rng.normal(size=(4, 3))).argmax(1)


def network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def weights(model):
    return [parameter.detach().cpu().clone() for parameter in model.parameters()]


def trained_by_hand(epochs=2, accumulate=1, clip=None, size=32):
    inputs, target = map(torch.from_numpy, problem())
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    batches = list(zip(inputs.split(size), target.split(size), strict=True))
    for _ in range(epochs):
        for first in range(0, len(batches), accumulate):
            group = batches[first : first + accumulate]
            optimizer.zero_grad()
            for x, y in group:
                (nn.functional.cross_entropy(model(x), y) / len(group)).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
    return weights(model)


def trainer(model, **options):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return fit.Trainer(model, nn.functional.cross_entropy, optimizer, **options)


@pytest.mark.parametrize("options", [{}, {"accumulate": 2}, {"clip": 0.1}, {"accumulate": 2, "clip": 0.1}])
def test_it_is_the_loop_that_one_writes(options):
    model = network()
    run = trainer(model, **options)
    run.fit(problem(), epochs=2, shuffle=False, verbose=False)
    for ours, theirs in zip(weights(model), trained_by_hand(**options), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    assert run.step == 2 * -(-3 // options.get("accumulate", 1))


def as_forms(inputs, target):
    tensors = torch.from_numpy(inputs), torch.from_numpy(target)
    dataset = TensorDataset(*tensors)
    return {
        "arrays": (inputs, target),
        "float64": (inputs.astype(np.float64), target.astype(np.int32)),
        "tensors": tensors,
        "dataset": dataset,
        "loader": DataLoader(dataset, batch_size=32),
        "list": [(x, y) for x, y in zip(tensors[0].split(32), tensors[1].split(32), strict=True)],
    }


@pytest.mark.parametrize("form", list(as_forms(*problem())))
def test_data_in_every_form_gives_the_same(form):
    model = network()
    run = trainer(model, metrics="accuracy")
    data = as_forms(*problem())[form]
    run.fit(data, data, epochs=2, shuffle=False, verbose=False)
    for ours, theirs in zip(weights(model), trained_by_hand(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    assert run.evaluate(data) == pytest.approx({n: run.history[-1][f"val_{n}"] for n in ("loss", "accuracy")})


def test_it_learns_and_predicts(device):
    model = network().to(device)
    run = fit.Trainer(model, nn.CrossEntropyLoss(), torch.optim.Adam, metrics=["accuracy", "f1"], seed=1)
    run.optimizer.param_groups[0]["lr"] = 0.05
    history = run.fit(problem(), epochs=15, verbose=False)
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["accuracy"][-1] > 0.9
    output = run.predict(problem()[0], batch_size=40)
    assert output.shape == (96, 3)
    assert (output.argmax(1).numpy() == problem()[1]).mean() == pytest.approx(run.evaluate(problem())["accuracy"])
    assert model.training


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 1), nn.Linear(2, 1)

    def forward(self, left, right):
        return self.left(left) + self.right(right)


@pytest.mark.parametrize("form", ["tuple", "dict", "flat"])
def test_a_model_of_several_inputs(form):
    left, right, target = torch.rand(10, 4), torch.rand(10, 2), torch.rand(10, 1)
    inputs = {"tuple": ((left, right),), "dict": ({"left": left, "right": right},), "flat": (left, right)}[form]
    run = fit.Trainer(Two(), nn.MSELoss(), torch.optim.Adam, metrics=["mse", "mae", "r2"])
    history = run.fit((*inputs, target), epochs=1, verbose=False)
    assert {"loss", "mse", "mae", "r2"} <= set(history.columns)
    assert run.predict(inputs[0] if len(inputs) == 1 else inputs).shape == (10, 1)


def test_schedules_step_by_epoch_or_by_update():
    for name, expected in [("epoch", 0.1 * 0.5**2), ("step", 0.1 * 0.5**6)]:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        run = fit.Trainer(model, nn.CrossEntropyLoss(), optimizer, scheduler=schedule, scheduler_every=name)
        run.fit(problem(), epochs=2, verbose=False)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)


def test_early_stopping_restores_the_best():
    model = network()
    run = trainer(model, callbacks=[stopping := fit.EarlyStopping(patience=2)])
    run.optimizer.param_groups[0]["lr"] = 3.0  # bounces about
    history = run.fit(problem(), problem(), epochs=40, verbose=False)
    assert len(history) == stopping.best_epoch + 2 < 40
    assert run.evaluate(problem())["loss"] == pytest.approx(min(history["val_loss"]))


def test_the_learning_rate_finder_changes_nothing():
    model = network()
    run = trainer(model)
    before, numbers = weights(model), torch.get_rng_state()
    found = run.find_lr(problem(), steps=40)
    assert found.rates[0] == pytest.approx(1e-6)
    assert 1e-5 < found.suggestion <= 1.0
    assert all(torch.equal(a, b) for a, b in zip(before, weights(model), strict=True))
    assert torch.equal(numbers, torch.get_rng_state())
    assert run.optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize(
    ("precision", "dtype"), [("32", torch.float32), ("64", torch.float64), ("bf16", torch.bfloat16)]
)
def test_precisions(precision, dtype):
    run = fit.Trainer(network(), nn.CrossEntropyLoss(), torch.optim.Adam, precision=precision)
    history = run.fit(problem(), epochs=3, verbose=False)
    assert next(run.model.parameters()).dtype == run.predict(problem()[0]).dtype == dtype
    assert history["loss"][-1] < history["loss"][0]


def test_mixed_precision_keeps_parameters(device):
    model = network().to(device)
    seen = []
    model[0].register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    run = fit.Trainer(model, nn.CrossEntropyLoss(), torch.optim.Adam, precision="bf16-mixed")
    history = run.fit(problem(), epochs=3, verbose=False)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert set(seen) == {torch.bfloat16}
    assert history["loss"][-1] < history["loss"][0]


def test_history_is_a_table_and_a_plot(tmp_path):
    run = trainer(network(), metrics=["accuracy", "confusion"])
    history = run.fit(problem(), problem(), epochs=2, verbose=False)
    head, *rows = str(history).splitlines()
    assert head.split() == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert history[-1]["confusion"].shape == (3, 3)
    assert history._repr_html_().count("<tr>") == 3
    figure = history.plot(tmp_path / "curves.png")
    assert [axis.get_title() for axis in figure.axes] == ["loss", "accuracy"]
    assert (tmp_path / "curves.png").stat().st_size > 1000
    with pytest.raises(KeyError, match="history has no 'los'; it has epoch, loss"):
        _ = history["los"]


def test_progress_is_a_line_for_each_epoch_without_a_terminal(capsys):
    trainer(network()).fit(problem(), epochs=2)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]
    assert "loss=" in lines[0]


def test_metrics_of_others_and_functions_are_taken():
    class Count:
        total = 0

        def update(self, pred, target):
            self.total += len(pred)

        def compute(self):
            return self.total

        def reset(self):
            self.total = 0

    def bias(pred, target):
        return pred.mean()

    run = trainer(network(), metrics={"seen": Count(), "bias": bias})
    history = run.fit(problem(), epochs=2, verbose=False)
    assert history["seen"] == [96.0, 96.0]
    assert all(isinstance(value, float) for value in history["bias"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "8"}, "precision '8' is not one of"),
        ({"accumulate": 0}, "accumulate must be an integer"),
        ({"accumulate": 1.5}, "accumulate must be an integer"),
        ({"clip": -1.0}, "clip must be a number"),
        ({"clip": "1"}, "clip must be a number above 0, got '1'"),
        ({"metrics": "acuracy"}, "no metric 'acuracy'; there are accuracy"),
        ({"metrics": ["f1", "f1"]}, "two metrics are called 'f1'"),
        ({"scheduler_every": "week"}, "neither 'epoch' nor 'step'"),
    ],
)
def test_options_that_are_not_there_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trainer(network(), **options)


class TwoHeads(nn.Module):
    """Returns classes and a number, as a tuple or by name."""

    def __init__(self, as_dict):
        super().__init__()
        self.classes, self.number, self.as_dict = nn.Linear(4, 3), nn.Linear(4, 1), as_dict

    def forward(self, x):
        if self.as_dict:
            return {0: self.classes(x), 1: self.number(x)}
        return self.classes(x), self.number(x)


@pytest.mark.parametrize("as_dict", [False, True])
def test_a_model_of_several_outputs(as_dict):
    inputs, labels = map(torch.from_numpy, problem())
    targets = {"label": labels, "sum": inputs.sum(1, keepdim=True)}

    def loss(output, target):
        return nn.functional.cross_entropy(output[0], target["label"]) + nn.functional.mse_loss(
            output[1], target["sum"]
        )

    def right(output, target):
        return (output[0].argmax(1) == target["label"]).float().mean()

    torch.manual_seed(3)
    run = fit.Trainer(TwoHeads(as_dict), loss, torch.optim.Adam, metrics=right)
    history = run.fit((inputs, targets), (inputs, targets), epochs=3, verbose=False)
    found = run.predict(inputs)
    assert [tuple(found[i].shape) for i in range(2)] == [(96, 3), (96, 1)]
    expected = (found[0].argmax(1) == labels).double().mean().item()
    assert history["val_right"][-1] == pytest.approx(expected, abs=1e-6)
    # All in one batch, and not in three as between the epochs.
    expected = {"loss": history["val_loss"][-1], "right": history["val_right"][-1]}
    assert run.evaluate((inputs, targets)) == pytest.approx(expected, rel=1e-6)


def test_a_dataset_that_is_iterated_over():
    inputs, labels = map(torch.from_numpy, problem())

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return zip(inputs, labels, strict=True)

    models = [network(), network()]
    trainer(models[0]).fit(Stream(), epochs=2, verbose=False)
    trainer(models[1]).fit((inputs, labels), epochs=2, shuffle=False, verbose=False)
    assert all(torch.equal(a, b) for a, b in zip(weights(models[0]), weights(models[1]), strict=True))


@pytest.mark.parametrize("clip", [None, 1.0])
def test_an_optimizer_that_evaluates_the_model_itself(clip):
    inputs, labels = map(torch.from_numpy, problem())
    models = [network(), network()]
    optimizers = [torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3) for model in models]
    run = fit.Trainer(models[0], nn.functional.cross_entropy, optimizers[0], clip=clip, metrics="accuracy")
    history = run.fit((inputs, labels), epochs=5, batch_size=96, shuffle=False, verbose=False)

    def closure():
        optimizers[1].zero_grad()
        loss = nn.functional.cross_entropy(models[1](inputs), labels)
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(models[1].parameters(), clip)
        return loss

    for _ in range(5):
        optimizers[1].step(closure)
    assert all(torch.equal(a, b) for a, b in zip(weights(models[0]), weights(models[1]), strict=True))
    assert run.step == 5
    assert history["loss"][-1] < history["loss"][0]
    with pytest.raises(ValueError, match="LBFGS chooses the length of each step itself"):
        run.find_lr((inputs, labels))
    with pytest.raises(ValueError, match="accumulate=2 is not for it"):
        fit.Trainer(models[0], nn.functional.cross_entropy, torch.optim.LBFGS, accumulate=2)


class Shifted(nn.Module):
    """Changes its inputs in place by a parameter."""

    def __init__(self):
        super().__init__()
        self.shift, self.body = nn.Parameter(torch.ones(4)), nn.Linear(4, 3)

    def forward(self, x):
        x += self.shift
        return self.body(x)


@pytest.mark.parametrize("as_dict", [False, True])
def test_batches_of_one_call_know_nothing_of_each_other(as_dict):
    inputs, labels = map(torch.from_numpy, problem(200))
    kept = inputs.clone()
    torch.manual_seed(3)
    model = Shifted()
    other = Shifted()
    other.load_state_dict(model.state_dict())
    run = trainer(model)
    torch.manual_seed(5)
    run.fit(({"x": inputs} if as_dict else inputs, labels), epochs=2, batch_size=7, verbose=False)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    torch.manual_seed(5)
    for _ in range(2):
        for rows in torch.randperm(200).split(7):
            optimizer.zero_grad()
            nn.functional.cross_entropy(other(inputs[rows]), labels[rows]).backward()
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(weights(model), weights(other), strict=True))
    assert torch.equal(inputs, kept)


def test_large_rows_are_picked_batch_by_batch():
    images, labels = torch.rand(6, 3, 200, 200), torch.arange(6) % 3
    sizes = []

    class Mean(nn.Linear):
        def forward(self, x):
            sizes.append(x.untyped_storage().nbytes() // x[0].nbytes)
            return super().forward(x.mean((1, 2, 3)).unsqueeze(1))

    trainer(Mean(1, 3)).fit((images, labels), epochs=1, batch_size=2, verbose=False)
    assert sizes == [2, 2, 2]
