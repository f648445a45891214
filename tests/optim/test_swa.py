"""Averages of weights."""

import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.optim import swa_utils


def train(averaged, net, values):
    for value in values:
        with torch.no_grad():
            net.weight.fill_(value)
        averaged.update_parameters(net)
    return averaged.module.weight.item()


def test_even_and_exponential_averages():
    net = nn.Linear(1, 1, bias=False)
    assert train(swa_utils.AveragedModel(net), net, [1.0, 2.0, 6.0]) == pytest.approx(3.0)
    ema = swa_utils.AveragedModel(net, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    assert train(ema, net, [1.0, 3.0, 6.0]) == pytest.approx(4.0)
    own = swa_utils.AveragedModel(net, avg_fn=lambda mean, value, count: mean + value * count)
    assert train(own, net, [1.0, 3.0, 6.0]) == pytest.approx(16.0)
    assert int(own.n_averaged) == 3
    with pytest.raises(AssertionError, match="Only one"):
        swa_utils.AveragedModel(net, avg_fn=max, multi_avg_fn=max)
    with pytest.raises(ValueError, match="decay value 2"):
        swa_utils.get_ema_avg_fn(2)


def test_update_bn_averages_over_the_batches():
    net = nn.Sequential(nn.BatchNorm1d(1))
    batches = [torch.tensor([[1.0], [3.0]]), torch.tensor([[5.0], [11.0]])]
    swa_utils.update_bn([[batch, 0] for batch in batches], net.eval())
    assert net[0].running_mean.tolist() == pytest.approx([5.0])
    assert net[0].running_var.tolist() == pytest.approx([10.0])
    assert net[0].momentum == 0.1 and not net.training


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({"anneal_strategy": "linear", "anneal_epochs": 4}, [0.1, 0.0875, 0.075, 0.0625, 0.05, 0.05]),
        ({"anneal_epochs": 2}, [0.1, 0.075, 0.05, 0.05, 0.05, 0.05]),
    ],
)
def test_swalr(options, want):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = swa_utils.SWALR(optimizer, 0.05, **options)
    rates = []
    for _ in want:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx(want)


def test_averaged_integers_are_cut_off():
    model = nn.BatchNorm1d(1)
    averaged = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9), use_buffers=True)
    averaged.update_parameters(model)
    model.num_batches_tracked.fill_(9)
    averaged.update_parameters(model)
    assert averaged.module.num_batches_tracked == 0


def test_the_module_need_not_be_imported():
    code = "import ferrotorch as torch; print(torch.optim.swa_utils.AveragedModel.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "AveragedModel\n"
