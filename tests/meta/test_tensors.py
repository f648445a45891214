"""Tensors on device "meta": what can be asked of them, and what cannot."""

import copy
import io
import pickle
import time
import zipfile

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

M = torch.empty(2, 3, device="meta")
ONE = torch.tensor(1.5, device="meta")
NO_DATA = "Cannot copy out of meta tensor; no data!"
NO_ITEM = r"Tensor.item\(\) cannot be called on meta tensors"
HUGE = 10**12

FACTORIES = {
    "empty": lambda d: torch.empty(2, 3, device=d),
    "zeros": lambda d: torch.zeros(2, 3, dtype=torch.int32, device=d),
    "full": lambda d: torch.full((2,), 1, device=d),
    "arange": lambda d: torch.arange(1, 10, 3, device=d),
    "linspace": lambda d: torch.linspace(0, 1, 5, device=d),
    "eye": lambda d: torch.eye(3, 4, device=d),
    "rand": lambda d: torch.rand(2, 3, device=d),
    "randint": lambda d: torch.randint(5, (2,), device=d),
    "randperm": lambda d: torch.randperm(5, device=d),
    "tensor": lambda d: torch.tensor([[1, 2], [3, 4]], device=d),
    "as_tensor": lambda d: torch.as_tensor([1.0], device=d),
    "empty_strided": lambda d: torch.empty_strided((2, 3), (1, 2), device=d),
    "tril_indices": lambda d: torch.tril_indices(3, 3, device=d),
    "scalar_tensor": lambda d: torch.scalar_tensor(1, device=d),
    "complex": lambda d: torch.randn(2, dtype=torch.complex64, device=d),
    "channels_last": lambda d: torch.empty(1, 2, 3, 4, device=d, memory_format=torch.channels_last),
    "empty_like": lambda d: torch.empty_like(torch.ones(2, 3).t(), device=d),
    "new_zeros": lambda d: torch.ones(2).new_zeros(3, device=d),
}


@pytest.mark.parametrize("name", FACTORIES)
def test_factories(name):
    here, there = FACTORIES[name]("cpu"), FACTORIES[name]("meta")
    assert there.is_meta and there.device == torch.device("meta")
    assert (there.dtype, there.shape, there.stride()) == (here.dtype, here.shape, here.stride())


@pytest.mark.parametrize("device", ["meta:0", "meta:1", torch.device("meta", 3)])
def test_there_is_one_device(device):
    assert str(torch.empty(2, device=device).device) == "meta"


TEXTS = {
    "tensor(..., device='meta', size=(2, 3))": M,
    "tensor(..., device='meta', size=())": ONE,
    "tensor(..., device='meta', size=(0,))": torch.empty(0, device="meta"),
    "tensor(..., device='meta', size=(2,), dtype=torch.int64)": torch.arange(2, device="meta"),
    "tensor(..., device='meta', size=(2, 3), requires_grad=True)": M.detach().requires_grad_(),
    "tensor(..., device='meta', size=(2, 3), grad_fn=<MulBackward0>)": M.detach().requires_grad_() * 2,
    "Parameter containing:\ntensor(..., device='meta', size=(2, 3), requires_grad=True)": torch.nn.Parameter(M),
}


@pytest.mark.parametrize("text", TEXTS)
def test_text(text):
    assert repr(TEXTS[text]) == text
    assert f"{TEXTS[text]}" == text


def test_a_number_cannot_be_formatted():
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{ONE:.2f}"


@pytest.mark.parametrize(
    "read",
    [
        torch.Tensor.cpu,
        torch.Tensor.tolist,
        lambda x: x.to("cpu"),
        lambda x: x.to(torch.ones(1)),
        lambda x: torch.empty(2, 3).copy_(x),
        lambda x: x.numpy(force=True),
        lambda x: x.untyped_storage().cpu(),
        lambda x: x.untyped_storage().tobytes(),
        lambda x: torch.empty(HUGE, device="meta").tolist(),
    ],
)
def test_elements_cannot_be_read(read):
    with pytest.raises(NotImplementedError, match=NO_DATA):
        read(M)


@pytest.mark.parametrize(
    "read",
    [
        torch.Tensor.item,
        bool,
        float,
        lambda x: int(x.long()),
        lambda x: [1, 2][x.long()],
        lambda x: M[x.long() :],
        lambda x: torch.ones(3)[x.long()],
        lambda x: 0.5 in M,
        lambda x: torch.allclose(M, M),
        lambda x: F.one_hot(x.long()),
    ],
)
def test_there_is_no_number(read):
    with pytest.raises(RuntimeError, match=NO_ITEM):
        read(ONE)


def test_errors_of_their_own():
    with pytest.raises(RuntimeError, match="a Tensor with 6 elements cannot be converted to Scalar"):
        M.item()
    with pytest.raises(RuntimeError, match="more than one value is ambiguous"):
        bool(M)
    with pytest.raises(TypeError, match="can't convert meta device type tensor to numpy"):
        M.numpy()
    with pytest.raises(BufferError, match="Cannot pack tensors on meta"):
        M.__dlpack__()
    with pytest.raises(RuntimeError, match="to be on cpu, but it's on meta"):
        torch.tensor_split(M, torch.tensor([1], device="meta"))
    for read in (list, lambda s: s[0], lambda s: s.tolist()):
        with pytest.raises(NotImplementedError, match="Not available for 'meta' device type"):
            read(M.untyped_storage())


MASK = torch.ones(2, 3, dtype=torch.bool, device="meta")
INDEX = torch.tensor([0, 1], device="meta")


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.nonzero(M),
        lambda: M.nonzero(as_tuple=True),
        lambda: torch.argwhere(M),
        lambda: torch.where(MASK),
        lambda: torch.unique(M),
        lambda: torch.unique(M, dim=0),
        lambda: torch.unique_consecutive(M),
        lambda: torch.masked_select(M, MASK),
        lambda: M[MASK],
        lambda: torch.bincount(INDEX),
        lambda: torch.equal(M, M),
    ],
)
def test_results_that_depend_on_values(call):
    with pytest.raises(NotImplementedError, match="attempted to run this operator with Meta tensors"):
        call()


def test_results_whose_shape_is_known():
    assert torch.nonzero_static(M, size=4).shape == (4, 2)
    assert torch.histc(M, 7).shape == (7,)
    assert M.masked_scatter(MASK, M).shape == (2, 3)
    assert torch.combinations(M[0]).shape == (3, 2)
    assert torch.repeat_interleave(INDEX, output_size=5).shape == (5,)
    assert torch.repeat_interleave(M, INDEX, 0, output_size=5).shape == (5, 3)
    assert F.one_hot(INDEX, 3).shape == (2, 3)
    assert F.embedding_bag(INDEX, M, torch.tensor([0, 1, 1], device="meta")).shape == (3, 3)
    assert F.rrelu(M, training=True).shape == (2, 3)
    assert torch.quantile(M, torch.tensor([0.5, 2.0], device="meta")).shape == (2,)
    with pytest.raises(RuntimeError, match="cannot repeat_interleave a meta tensor without output_size"):
        torch.repeat_interleave(INDEX)


def test_comparison_is_of_forms():
    torch.testing.assert_close(M, M.clone())
    with pytest.raises(AssertionError, match="The values for attribute 'shape' do not match"):
        torch.testing.assert_close(M, M.t())
    with pytest.raises(AssertionError, match="The values for attribute 'device' do not match: meta != cpu"):
        torch.testing.assert_close(M, torch.empty(2, 3))


def test_values_are_not_checked():
    assert F.binary_cross_entropy(M, M).shape == ()
    assert torch.poisson(M).shape == torch.normal(M, M).shape == (2, 3)
    assert torch.multinomial(M, 2).shape == (2, 2)
    assert F.gaussian_nll_loss(M, M, M).shape == F.cross_entropy(M, INDEX).shape == ()
    assert torch.cov(M, fweights=torch.ones(3, dtype=torch.int64, device="meta")).shape == (2, 2)
    paths = F.ctc_loss(torch.empty(5, 2, 4, device="meta"), INDEX.expand(2, 2), (5, 5), (2, 2), reduction="none")
    assert paths.shape == (2,)


@pytest.mark.parametrize(
    ("call", "there"),
    [
        (lambda: M + torch.ones(2, 3), ("cpu", "meta")),
        (lambda: torch.ones(2, 3) + M, ("meta", "cpu")),
        (lambda: torch.ones(2, 3) * ONE, ("meta", "cpu")),
        (lambda: torch.ones(2, 3).mul_(ONE), ("meta", "cpu")),
        (lambda: torch.cat([M, torch.ones(2, 3)]), ("cpu", "meta")),
        (lambda: M @ torch.ones(3, 2), ("cpu", "meta")),
        (lambda: torch.where(MASK, M, torch.ones(3)), ("cpu", "meta")),
        (lambda: torch.ones(2, 3).index_select(0, INDEX), ("meta", "cpu")),
    ],
)
def test_devices_do_not_mix(call, there):
    with pytest.raises(RuntimeError, match=f"Tensor on device {there[0]} is not on the expected device {there[1]}!"):
        call()


def test_what_joins_in_from_the_host():
    assert (M + torch.tensor(1.0)).is_meta and (2 + M).is_meta
    here = torch.tensor([1, 0])
    for result in [M[here], M[here.bool()], M.index_select(0, here), M.gather(0, here[None]), F.embedding(here, M)]:
        assert result.is_meta
    with pytest.raises(RuntimeError, match="indices should be either on cpu or on the same device"):
        torch.ones(2)[INDEX]


def test_in_place_and_out():
    x = torch.empty(2, 3, device="meta")
    version = x._version
    assert x.add_(1).copy_(torch.ones(3)).zero_() is x
    x[0] = torch.ones(3)
    x[MASK] = 2.0
    x[INDEX] += 1
    assert x._version > version and x.shape == (2, 3)
    out = torch.empty(0, device="meta")
    assert torch.add(M, M.t().reshape(2, 3), out=out) is out and out.shape == (2, 3)


def test_views_share_a_storage_without_bytes():
    x = torch.empty(4, 6, device="meta")
    view = x[1:, ::2].t()
    assert view._base is x and view.storage_offset() == 6 and view.stride() == (2, 6)
    storage = view.untyped_storage()
    assert storage == x.untyped_storage() and storage != M.untyped_storage()
    assert (storage.nbytes(), storage.data_ptr(), view.data_ptr()) == (96, 0, 0)
    assert x.resize_(2, 2).shape == (2, 2)
    assert torch.UntypedStorage(5, device=torch.device("meta")).nbytes() == 5


@pytest.mark.parametrize("generator", [None, torch.Generator()], ids=["default", "named"])
def test_nothing_is_drawn(generator):
    states = torch.get_rng_state(), torch.Generator().get_state()
    x = torch.randn(100, device="meta", generator=generator)
    F.dropout(x.normal_(generator=generator).uniform_().random_().exponential_().bernoulli_(0.5))
    torch.randperm(100, device="meta", generator=generator)
    assert torch.equal(states[0], torch.get_rng_state())
    assert generator is None or torch.equal(states[1], generator.get_state())


def test_backward():
    w, x = torch.empty(3, 2, device="meta", requires_grad=True), torch.empty(5, 3, device="meta")
    loss = (x @ w).relu().log_softmax(1).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert w.grad.is_meta and w.grad.shape == (3, 2)
    (g,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), w)
    assert second.is_meta and second.shape == (3, 2)
    leaf = torch.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match=NO_DATA):
        (leaf.to("meta") * 2).sum().backward()


def test_moving_keeps_the_order_of_dimensions():
    x = torch.ones(4, 2, 3)
    assert x.permute(2, 0, 1).to("meta").stride() == (1, 6, 3)
    assert x[:, :1].expand(4, 2, 3).to("meta").stride() == x[:, :1].expand(4, 2, 3).clone().stride()
    assert M.to("meta") is M and torch.tensor(M).is_meta and torch.Tensor(M).is_meta
    assert x.to("meta", torch.float64).dtype == torch.float64


def test_copies():
    x = M.t().requires_grad_()
    x.note = "kept"
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.is_meta and twin.stride() == (1, 3) and twin.requires_grad and twin.note == "kept"
    parameter = torch.nn.Parameter(M)
    for twin in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):
        assert type(twin) is torch.nn.Parameter and twin.is_meta and twin.shape == (2, 3)


def test_save_writes_no_storage():
    file = io.BytesIO()
    torch.save({"a": M.t(), "p": torch.nn.Parameter(M)}, file)
    names = zipfile.ZipFile(file).namelist()
    assert not any("/data/" in name for name in names)
    (pickled,) = [name for name in names if name.endswith("data.pkl")]
    assert b"torch._utils\n_rebuild_meta_tensor_no_storage\n" in zipfile.ZipFile(file).read(pickled)
    file.seek(0)
    loaded = torch.load(file)
    assert loaded["a"].is_meta and loaded["a"].stride() == (1, 3)
    assert type(loaded["p"]) is torch.nn.Parameter and loaded["p"].is_meta


@pytest.mark.parametrize("where", ["meta", torch.device("meta"), {"cpu": "meta"}], ids=str)
@pytest.mark.parametrize("legacy", [False, True])
def test_load_without_memory(where, legacy):
    file, x = io.BytesIO(), torch.ones(4, 3)
    torch.save([x, x.t()], file, _use_new_zipfile_serialization=not legacy)
    file.seek(0)
    a, b = torch.load(file, map_location=where)
    assert a.is_meta and b.stride() == (1, 3) and a.untyped_storage() == b.untyped_storage()
    assert a.untyped_storage().nbytes() == 48


def test_nothing_takes_long():
    start = time.monotonic()
    x = torch.empty(HUGE, device="meta") + 1
    y = x.reshape(10**6, 10**6).t().contiguous().sort(0).values
    z = F.scaled_dot_product_attention(*[torch.randn(8, 10**6, 64, device="meta").requires_grad_() for _ in range(3)])
    z.sum().backward()
    assert F.conv2d(torch.zeros(64, 3, 10**4, 10**4, device="meta"), torch.zeros(8, 3, 3, 3, device="meta")).numel()
    assert y.cumsum(0).tril().nan_to_num().shape == (10**6, 10**6) and torch.randperm(HUGE, device="meta").numel()
    assert torch.combinations(torch.empty(10**5, device="meta")).shape == (4999950000, 2)
    assert torch.tril_indices(10**5, 10**5, device="meta").shape == (2, 5000050000)
    assert torch.arange(HUGE, device="meta")[INDEX].shape == (2,) and torch.eye(10**6, device="meta").is_meta
    assert time.monotonic() - start < 2


def test_as_default_device():
    with torch.device("meta"):
        assert torch.ones(2).is_meta and torch.tensor([1]).is_meta and torch.get_default_device().type == "meta"
        assert not torch.empty_like(torch.ones(2, device="cpu")).is_meta
    torch.set_default_device("meta")
    try:
        assert torch.ones(2).is_meta
    finally:
        torch.set_default_device(None)
    assert not torch.ones(2).is_meta
