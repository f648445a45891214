"""`vmap`: where samples stand, what may not depend on them, random numbers, and the words of its errors."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.func import functional_call, stack_module_state, vmap

X = torch.arange(6.0).reshape(3, 2)
Y = torch.tensor([10.0, 20.0])
F = nn.functional


def test_samples_stand_where_in_dims_and_out_dims_say():
    assert vmap(torch.dot, (0, None))(X, Y).tolist() == [20.0, 80.0, 140.0]
    assert vmap(torch.dot, (1, 0), chunk_size=1)(X, torch.ones(2, 3)).tolist() == [6.0, 9.0]
    assert torch.equal(vmap(lambda x: x * 2, -1, -1)(X), X * 2)
    assert torch.equal(vmap(lambda x: x * 2, 1, 0)(X), (X * 2).T)
    assert torch.equal(vmap(lambda x: Y, 0, 1)(X), Y.unsqueeze(1).expand(2, 3))
    assert torch.vmap is vmap


def test_arguments_and_results_may_be_nested():
    def f(pair, scale, *, plus):
        return {"sum": pair["a"] + pair["b"] * scale, "plus": (pair["a"].sum() + plus,)}

    result = vmap(f, ({"a": 0, "b": None}, None), {"sum": 1, "plus": 0})({"a": X, "b": Y}, 2.0, plus=1)
    assert torch.equal(result["sum"], (X + 2 * Y).T)
    assert result["plus"][0].tolist() == [2.0, 6.0, 10.0]
    assert vmap(lambda x: (x.sum(), 7), out_dims=(0, None))(X)[1] == 7


def test_vmaps_nest():
    table = vmap(vmap(torch.mul, (None, 0)), (0, None))(Y, torch.tensor([1.0, 2.0, 3.0]))
    assert table.tolist() == [[10.0, 20.0, 30.0], [20.0, 40.0, 60.0]]
    inner = vmap(lambda row: vmap(lambda x, r: x + r.sum(), (0, None))(row, row))(X)
    assert torch.equal(inner, X + X.sum(1, keepdim=True))
    outer = torch.tensor([1.0, 2.0])
    # An inner function sees a tensor that only the outer one batches.
    assert vmap(lambda o: vmap(lambda x: x * o)(X))(outer).shape == (2, 3, 2)


def test_a_batched_tensor_looks_like_a_sample():
    seen = []

    def look(x):
        seen.append((x.shape, x.dim(), x.numel(), x.stride(), len(x), x.T.shape, x.size(-1), next(iter(x)).shape))
        seen.append(repr(x))
        return x

    vmap(look)(torch.zeros(4, 2, 3))
    assert seen[0] == ((2, 3), 2, 6, (3, 1), 2, (3, 2), 3, (3,))
    assert seen[1].startswith("BatchedTensor(lvl=1, bdim=0, value=\n    tensor([[[0.")


def test_factories_inside():
    def f(x):
        return torch.ones(x.shape) + x.new_zeros(2) + torch.zeros_like(x) + torch.full((2,), 1.0) + torch.arange(2)

    assert vmap(f)(X).tolist() == [[2.0, 3.0]] * 3


def test_writing_in_place():
    x = X.clone()
    vmap(lambda row: row.mul_(2).add_(row.sum()))(x)
    assert torch.equal(x, 2 * X + 2 * X.sum(1, keepdim=True))

    def assign(row):
        row[0] = row[1] * 3
        row[torch.tensor([1])] = 0.0
        return row

    assert vmap(assign)(X.clone()).tolist() == [[3.0, 0.0], [9.0, 0.0], [15.0, 0.0]]
    with pytest.raises(RuntimeError, match=r"vmap: add_\(self, \*extra_args\) is not possible because there exists"):
        vmap(lambda row: Y.clone().add_(row))(X)
    with pytest.raises(RuntimeError, match=r"vmap: __setitem__\(self, \*extra_args\) is not possible"):
        vmap(lambda row: torch.zeros(2).__setitem__(0, row[0]))(X)


@pytest.mark.parametrize(
    "index",
    [0, -1, slice(None, None, 2), None, ..., (slice(None), 1), (..., None, 0), torch.tensor([2, 0]),
     (slice(None), torch.tensor([1, 0, 1])), (torch.tensor([0, 2]), slice(None), torch.tensor([1, 1])),
     (torch.tensor([[0], [2]]), torch.tensor([1, 0])), torch.tensor([True, False, True]), (True, 0)],
    ids=str,
)  # fmt: skip
def test_index_expressions(index):
    x = torch.arange(96.0).reshape(4, 3, 2, 4)
    expected = torch.stack([sample[index] for sample in x])
    assert torch.equal(vmap(lambda sample: sample[index])(x), expected)
    written, other = x.clone(), x.clone()
    values = torch.arange(expected.numel()).reshape(expected.shape).to(x.dtype)

    def write(sample, value):
        sample[index] = value
        return sample

    for sample, value in zip(other, values, strict=True):
        sample[index] = value
    assert torch.equal(vmap(write)(written, values), other)


def test_indices_of_every_sample():
    x, rows = torch.arange(12.0).reshape(3, 4), torch.tensor([3, 0, 2])
    assert vmap(lambda s, i: s[i])(x, rows).tolist() == [3.0, 4.0, 10.0]
    assert vmap(lambda i: x[i])(rows[1:]).tolist() == x[rows[1:]].tolist()
    y = torch.arange(24.0).reshape(2, 3, 4)
    places = torch.tensor([[0, 2], [1, 1]])
    found = vmap(lambda s, i: s[:, i])(y, places)
    assert torch.equal(found, torch.stack([y[0][:, places[0]], y[1][:, places[1]]]))


DATA_DEPENDENT = {
    "item": lambda x: x.sum().item(), "bool": lambda x: 1 if x.sum() > 0 else 0, "float": lambda x: float(x[0]),
    "tolist": lambda x: x.tolist(), "numpy": lambda x: x.numpy(), "allclose": lambda x: torch.allclose(x, x),
    "tensor": lambda x: torch.tensor([x[0], x[1]]), "contains": lambda x: 1.0 in x,
}  # fmt: skip


@pytest.mark.parametrize("name", DATA_DEPENDENT)
def test_values_of_a_batched_tensor_are_refused(name):
    with pytest.raises(RuntimeError, match=r"vmap: It looks like you're|Cannot access data pointer"):
        vmap(DATA_DEPENDENT[name])(X)


@pytest.mark.parametrize("f", [torch.nonzero, torch.unique, lambda x: x[x > 1], lambda x: x.masked_select(x > 1),
                               torch.argwhere, lambda x: torch.where(x > 1)])  # fmt: skip
def test_sizes_that_depend_on_values_are_refused(f):
    with pytest.raises(
        RuntimeError, match=r"vmap: We do not support batching operators that can (output|support) dynamic shape"
    ):
        vmap(f)(X)


def test_other_refusals():
    with pytest.raises(RuntimeError, match="out= is not supported"):
        vmap(lambda x: torch.add(x, 1, out=torch.zeros(2)))(X)
    with pytest.raises(RuntimeError, match=r"attempting to call Tensor\.requires_grad_"):
        vmap(lambda x: x.requires_grad_())(X)
    escaped = []
    vmap(lambda x: (escaped.append(x), x)[1])(X)
    with pytest.raises(RuntimeError, match="has escaped from inside a function being vmapped"):
        escaped[0] + 1
    # Errors leave nothing behind.
    assert vmap(lambda x: x + 1)(X).shape == (3, 2)


def test_errors_of_dimensions():
    for dims, args, text in [
        (0, (), "got no inputs"), ([0], (X,), "expected `in_dims` to be int or a"),
        ((0, 0), (X,), "in_dims is not compatible with the structure of `inputs`"),
        (("a",), (X,), "in_dim must be either an integer dimension or None"),
        (0, (1.0,), "We cannot vmap over non-Tensor"), (2, (X,), "expected in_dim to satisfy -2 <= in_dim < 2"),
        (None, (X,), "expected `in_dims` to be int"), ((None,), (X,), "Expected at least one Tensor to vmap over"),
        (0, (X, Y), r"Expected all tensors to have the same size in the mapped dimension, got sizes \[3, 2\]"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=text):
            vmap(torch.add, dims)(*args)
    with pytest.raises(ValueError, match="can not return a BatchedTensor when out_dim is None"):
        vmap(torch.sin, out_dims=None)(X)
    with pytest.raises(ValueError, match="must only return Tensors, got type <class 'int'>"):
        vmap(lambda x: 1)(X)
    with pytest.raises(ValueError, match="out_dims is not compatible with the structure of `outputs`"):
        vmap(lambda x: (x, x), out_dims=(0, 0, 0))(X)
    with pytest.raises(ValueError, match="`out_dims` must be an int, None or a python collection of ints"):
        vmap(torch.sin, out_dims="x")(X)
    with pytest.raises(RuntimeError, match="Only allowed values for randomness"):
        vmap(torch.sin, randomness="no")
    with pytest.raises(ValueError, match="chunk_size should be None or greater than 0"):
        vmap(torch.sin, chunk_size=0)


RANDOM = {
    "rand": lambda x: torch.rand(5), "randn_like": lambda x: torch.randn_like(x.sum().expand(5)),
    "randperm": lambda x: torch.randperm(9), "randint": lambda x: torch.randint(0, 999, (4,)),
    "bernoulli": lambda x: torch.bernoulli(torch.full((30,), 0.5)), "multinomial": lambda x:
    torch.ones(40).multinomial(9),
    "normal": lambda x: torch.normal(torch.zeros(3), torch.ones(3)), "fill": lambda x: x.expand(5,
    2).clone().uniform_(),
    "dropout": lambda x: F.dropout(torch.ones(30)), "dropout of a sample": lambda x: F.dropout(x.sum().expand(30) + 1),
    "poisson": lambda x: torch.poisson(torch.full((9,), 50.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_random_ops_do_as_they_are_told(name):
    zeros = torch.zeros(3, 2)
    with pytest.raises(RuntimeError, match="vmap: called random operation while in randomness error mode"):
        vmap(RANDOM[name])(zeros)
    same = vmap(RANDOM[name], randomness="same")(zeros)
    assert torch.equal(same[0], same[1]) and torch.equal(same[0], same[2])
    different = vmap(RANDOM[name], randomness="different")(zeros)
    assert not torch.equal(different[0], different[1]) and different.shape == same.shape
    torch.manual_seed(3)
    plain = RANDOM[name](zeros[0])
    torch.manual_seed(3)
    assert torch.equal(vmap(RANDOM[name], randomness="same")(zeros)[2], plain)


def test_random_numbers_of_an_unbatched_target_cannot_differ():
    with pytest.raises(RuntimeError, match="Cannot ask for different inplace randomness on an unbatched tensor"):
        vmap(lambda x: torch.zeros(2).normal_(), randomness="different")(X)
    with pytest.raises(RuntimeError, match="does not currently support same randomness with a batched tensor input"):
        vmap(torch.bernoulli, randomness="same")(torch.tensor([[0.5, 0.5], [0.2, 0.5]]))
    # Samples that are all the same, as transforms repeat them, are one thing to draw from.
    drawn = vmap(torch.bernoulli, randomness="same")(torch.full((3, 2), 0.5))
    assert (drawn == drawn[0]).all()


def test_an_ensemble_is_one_call():
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)) for _ in range(4)]
    x = torch.randn(5, 1, 4, 4)
    parameters, buffers = stack_module_state(models)
    call = lambda p, b, x: functional_call(models[0], (p, b), (x,))  # noqa: E731
    expected = torch.stack([model(x) for model in models])
    assert torch.allclose(vmap(call, (0, 0, None))(parameters, buffers, x), expected, atol=1e-6)
    own = vmap(call)(parameters, buffers, torch.stack([x] * 4))
    assert torch.allclose(own, expected, atol=1e-6)


def test_batch_norm_needs_running_statistics_of_every_sample():
    layer, x = nn.BatchNorm1d(2), torch.randn(3, 5, 2)
    with pytest.raises(RuntimeError, match="Batch norm got a batched tensor as input while the running_mean"):
        vmap(layer)(x)
    layer.eval()
    assert torch.allclose(vmap(layer)(x), layer(x.flatten(0, 1)).view(3, 5, 2), atol=1e-6)
    free = nn.BatchNorm1d(2, track_running_stats=False)
    assert torch.allclose(vmap(free)(x), torch.stack([free(sample) for sample in x]), atol=1e-6)


def test_while_there_are_samples_other_tensors_are_indexed_as_ever(device):
    x = torch.arange(6.0).reshape(2, 3).to(device)

    def f(sample):
        y = x.clone()
        y[y > 4] = torch.tensor(7.0)
        y[[0], 1] = torch.tensor([8.0]).to(device)
        return sample + y[y[:, 0] > 1].sum()

    assert vmap(f)(torch.zeros(2).to(device)).tolist() == [14, 14]


@pytest.mark.parametrize(
    ("call", "shapes", "words"),
    [
        (torch.mm, ((2, 3, 4, 5), (2, 4)), "Shape mismatch: Got incorrect dims for mm"),
        (torch.mv, ((2, 3, 4, 5), (2, 4)), "Shape mismatch: Got incorrect dims for mv"),
        (torch.bmm, ((2, 3, 4, 5), (2, 4)), "Shape mismatch: Got incorrect dims for bmm"),
        (torch.linalg.solve, ((3, 3), (3, 3)), "The input tensor A must have at least 2 dimensions"),
        (torch.linalg.lstsq, ((3, 3), (3, 3)), "The input tensor input must have at least 2 dimensions"),
        (lambda x: x.as_strided([2, 2], [1]), ((2, 4),), "size and stride must have the same length"),
        (lambda p: torch.ones(3).bernoulli_(p), ((2, 3),), "there exists a Tensor `other` in extra_args that has more"),
    ],
)
def test_samples_that_do_not_fit(call, shapes, words):
    with pytest.raises(RuntimeError, match=words):
        vmap(call, randomness="different")(*(torch.ones(shape) for shape in shapes))


def test_derivatives_by_name_of_samples():
    x, g = torch.arange(6.0).reshape(2, 3), torch.ones(2, 3)
    assert torch.allclose(vmap(torch.ops.aten.silu_backward)(g, x), torch.ops.aten.silu_backward(g, x))
