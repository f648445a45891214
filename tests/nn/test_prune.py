"""Pruned parameters."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.utils import prune


def layer():
    result = nn.Linear(4, 2, bias=False)
    with torch.no_grad():
        result.weight.copy_(torch.tensor([[1.0, -2.0, 3.0, -4.0], [0.5, 0.25, 8.0, 9.0]]))
    return result


def test_the_smallest_entries_are_masked_and_the_original_is_trained():
    net = prune.l1_unstructured(layer(), "weight", 0.25)
    assert net.weight.tolist() == [[1.0, -2.0, 3.0, -4.0], [0.0, 0.0, 8.0, 9.0]]
    assert [name for name, _ in net.named_parameters()] == ["weight_orig"]
    assert list(net.state_dict()) == ["weight_orig", "weight_mask"]
    assert prune.is_pruned(nn.Sequential(net))
    net(torch.ones(1, 4)).sum().backward()
    assert net.weight_orig.grad.tolist() == [[1.0] * 4, [0.0, 0.0, 1.0, 1.0]]


def test_prunings_add_up():
    net = prune.l1_unstructured(layer(), "weight", 2)
    prune.l1_unstructured(net, "weight", 1)
    assert int((net.weight == 0).sum()) == 3
    assert net.weight[0, 0].tolist() == 0.0
    prune.ln_structured(net, "weight", 1, n=2, dim=0)
    assert net.weight.tolist() == [[0.0] * 4, [0.0, 0.0, 8.0, 9.0]]
    assert len(next(iter(net._forward_pre_hooks.values()))) == 3


def test_slices_are_pruned_whole():
    net = prune.ln_structured(layer(), "weight", 0.5, n=1, dim=1)
    assert net.weight.tolist() == [[0.0, 0.0, 3.0, -4.0], [0.0, 0.0, 8.0, 9.0]]
    torch.manual_seed(0)
    columns = (prune.random_structured(layer(), "weight", 1, dim=1).weight == 0).all(0)
    assert int(columns.sum()) == 1


def test_random_and_given_masks():
    torch.manual_seed(0)
    assert int((prune.random_unstructured(layer(), "weight", 3).weight == 0).sum()) == 3
    mask = torch.tensor([[1, 0, 1, 0], [1, 1, 1, 1]])
    assert prune.custom_from_mask(layer(), "weight", mask).weight[0].tolist() == [1.0, 0.0, 3.0, 0.0]
    assert torch.equal(prune.identity(layer(), "weight").weight, layer().weight)


def test_global_pruning_compares_all_parameters():
    first, second = layer(), layer()
    with torch.no_grad():
        second.weight.mul_(100)
    prune.global_unstructured([(first, "weight"), (second, "weight")], prune.L1Unstructured, amount=0.25)
    assert int((first.weight == 0).sum()) == 4
    assert int((second.weight == 0).sum()) == 0


def test_removal_makes_the_mask_permanent():
    net = prune.l1_unstructured(layer(), "weight", 4)
    prune.remove(net, "weight")
    assert isinstance(net.weight, nn.Parameter)
    assert int((net.weight == 0).sum()) == 4
    assert not prune.is_pruned(net)
    assert list(net.state_dict()) == ["weight"]
    with pytest.raises(ValueError, match="has to be pruned"):
        prune.remove(net, "weight")


@pytest.mark.parametrize(
    ("amount", "error"), [(1.5, ValueError), (-1, ValueError), ("all", TypeError), (9, ValueError)]
)
def test_amounts_that_do_not_fit(amount, error):
    with pytest.raises(error, match="amount"):
        prune.l1_unstructured(layer(), "weight", amount)


def test_random_pruning_draws_as_pytorch_does():
    torch.manual_seed(0)
    layer = nn.Linear(4, 2)
    torch.manual_seed(0)
    assert prune.random_unstructured(layer, "weight", 3).weight_mask.tolist() == [[1, 0, 1, 1], [1, 0, 1, 0]]


def test_a_pruning_that_is_refused_changes_nothing():
    net = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="300"):
        prune.l1_unstructured(net, "weight", amount=300)
    assert [name for name, _ in net.named_parameters()] == ["weight", "bias"]
    prune.l1_unstructured(net, "weight", amount=1)
    before = net.weight_mask.clone()
    with pytest.raises(ValueError, match="300"):
        prune.random_unstructured(net, "weight", amount=300)
    assert torch.equal(net.weight_mask, before)
    assert len(net._forward_pre_hooks) == 1


def test_methods_of_users_get_the_mask_by_its_name():
    class Large(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def __init__(self, least):
            self.least = least

        def compute_mask(self, values, default_mask):
            return default_mask * (values.abs() > self.least)

    net = layer()
    kept = net.weight.abs() > 2.5
    Large.apply(net, "weight", 2.5)
    assert torch.equal(net.weight_mask.bool(), kept)
    assert torch.equal(Large(2.5).prune(net.weight_orig), net.weight)
    Large.apply(net, "weight", 3.5)
    assert torch.equal(net.weight_mask.bool(), net.weight_orig.abs() > 3.5)
