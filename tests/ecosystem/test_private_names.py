"""Private names of PyTorch that packages import: they do what those who import them use them for."""

import io
import itertools
import logging
import warnings
from types import SimpleNamespace

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.parameter import _BufferMeta, _ParameterMeta
from ferrotorch.nn.utils import parametrizations, remove_spectral_norm, spectral_norm, stateless
from ferrotorch.optim import optimizer
from ferrotorch.utils.data import DataLoader
from ferrotorch.utils.data._utils.collate import default_convert, np_str_obj_array_pattern
from ferrotorch.utils.data.dataloader import (
    _BaseDataLoaderIter,
    _DatasetKind,
    _MultiProcessingDataLoaderIter,
    _SingleProcessDataLoaderIter,
)


class TestStateless:
    def test_calls_and_blocks(self):
        layer = nn.Linear(2, 1, bias=False)
        given = {"weight": torch.tensor([[1.0, 2.0]], requires_grad=True)}
        with pytest.warns(FutureWarning, match=r"torch\.func\.functional_call"):
            result = stateless.functional_call(layer, given, torch.ones(1, 2))
        assert result.item() == 3
        before = layer.weight
        with stateless._reparametrize_module(layer, given):
            assert layer(torch.ones(1, 2)).item() == 3
        assert layer.weight is before

    def test_buffers_come_back(self):
        norm = nn.BatchNorm1d(1, momentum=1.0)
        given = {"running_mean": torch.zeros(1)}
        with stateless._reparametrize_module(norm, given):
            norm(torch.tensor([[1.0], [3.0]]))
        assert given["running_mean"].item() == 2 and norm.running_mean.item() == 0


class TestSpectralNorm:
    def test_it_divides_by_the_largest_singular_value(self):
        torch.manual_seed(0)
        layer = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 1.0]]))
        assert spectral_norm(layer, n_power_iterations=30) is layer
        x = torch.eye(2)
        torch.testing.assert_close(layer(x), torch.tensor([[1.0, 0.0], [0.0, 1 / 3]]))
        assert list(layer.state_dict()) == ["weight_orig", "weight_u", "weight_v"]
        layer(x).sum().backward()
        assert layer.weight_orig.grad is not None and not isinstance(layer.weight, nn.Parameter)
        with pytest.raises(RuntimeError, match="Cannot register two spectral_norm hooks"):
            spectral_norm(layer)
        remove_spectral_norm(layer)
        torch.testing.assert_close(layer.weight.data, torch.tensor([[1.0, 0.0], [0.0, 1 / 3]]))
        assert isinstance(layer.weight, nn.Parameter) and not layer._forward_pre_hooks
        with pytest.raises(ValueError, match="spectral_norm of 'weight' not found"):
            remove_spectral_norm(layer)

    def test_evaluation_leaves_the_vectors(self):
        layer = spectral_norm(nn.ConvTranspose2d(2, 3, 2)).eval()
        before = layer.weight_u.clone()
        layer(torch.ones(1, 2, 2, 2))
        assert torch.equal(layer.weight_u, before) and layer.weight_u.shape == (3,)
        newer = parametrizations.spectral_norm(nn.Linear(2, 2))
        assert newer.parametrizations.weight.original.shape == (2, 2)


@pytest.mark.skipif(not hasattr(torch.linalg, "qr"), reason="needs torch.linalg.qr")
@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (3, 2, 2)])
def test_orthogonal(shape):
    w = nn.init.orthogonal_(torch.empty(shape), gain=2).flatten(1)
    product = w @ w.t() if w.shape[0] <= w.shape[1] else w.t() @ w
    torch.testing.assert_close(product, 4 * torch.eye(len(product)))


class TestData:
    def test_iterators(self):
        loader = DataLoader([1, 2, 3, 4], batch_size=2)
        assert isinstance(iter(loader), _BaseDataLoaderIter) and isinstance(iter(loader), _SingleProcessDataLoaderIter)
        assert default_convert([1, "a"]) == [1, "a"]
        assert np_str_obj_array_pattern.search("<U3") and not np_str_obj_array_pattern.search("<f4")
        assert torch.utils.data.dataloader._DatasetKind.Iterable == 1

    @pytest.mark.parametrize("workers", [0, 1])
    def test_iterators_take_any_loader_that_says_what_its_dataset_is(self, workers):
        class Stream:
            def __iter__(self):
                return iter([torch.tensor([1, 2]), torch.tensor([3])])

        loader = DataLoader([0], num_workers=workers, batch_size=None)
        fields = ("generator", "timeout", "num_workers", "collate_fn", "drop_last", "worker_init_fn", "in_order")
        fields += ("prefetch_factor", "persistent_workers", "multiprocessing_context", "_auto_collation")
        own = SimpleNamespace(**{name: getattr(loader, name) for name in fields})
        own.dataset, own._index_sampler = Stream(), itertools.count()
        own._dataset_kind, own._IterableDataset_len_called = _DatasetKind.Iterable, None
        iterator = (_MultiProcessingDataLoaderIter if workers else _SingleProcessDataLoaderIter)(own)
        assert [batch.tolist() for batch in iterator] == [[1, 2], [3]]


class TestParameters:
    def test_classes_of_ones_own_count_marked_tensors(self):
        class Own(torch.Tensor, metaclass=_ParameterMeta):
            _mark = "_is_own"

        marked = torch.ones(2)
        marked._is_own = True
        assert isinstance(marked, Own) and not isinstance(torch.ones(2), Own)
        assert type(nn.Parameter) is _ParameterMeta and type(nn.Buffer) is _BufferMeta


class TestOptimizers:
    def test_step_may_be_differentiable(self):
        class Own(torch.optim.Optimizer):
            @optimizer._use_grad_for_differentiable
            def step(self, closure=None):
                return torch.is_grad_enabled()

        p = [nn.Parameter(torch.ones(1))]
        assert Own(p, {"differentiable": True}).step() is True and Own(p, {"differentiable": False}).step() is False

    def test_helpers(self):
        assert optimizer._get_value(torch.tensor(2)) == 2 and optimizer._dispatch_sqrt(4.0) == 2
        params, grads = [torch.ones(2, dtype=torch.complex64)], [torch.zeros(2, dtype=torch.complex64)]
        optimizer._view_as_real(params, grads)
        assert params[0].shape == grads[0].shape == (2, 2) and optimizer._get_scalar_dtype() is torch.float32
        from ferrotorch.utils._foreach_utils import _group_tensors_by_device_and_dtype as group

        a, b, c = torch.ones(1), torch.ones(1, dtype=torch.float64), torch.ones(2)
        groups = group([[a, b, c], [None, b, c]], with_indices=True)
        (lists, places) = groups[a.device, torch.float32]
        assert lists[0][1] is c and lists[1][0] is None and places == [0, 2] and len(groups) == 2


def test_records_of_files():
    file = io.BytesIO()
    torch.save({"a": torch.arange(3)}, file)
    reader = torch.PyTorchFileReader(file)
    assert reader.has_record("data.pkl") and "data/0" in reader.get_all_records()
    assert reader.get_storage_from_record("data/0", 3, torch.int64).tolist() == [0, 1, 2]
    with pytest.raises(RuntimeError, match="file not found"):
        reader.get_record("nothing")
    with pytest.raises(RuntimeError, match="not a ZIP archive"):
        torch.PyTorchFileReader(io.BytesIO(b"abc"))


def test_models_that_are_written_to_be_quantized_run():
    from ferrotorch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper

    model = QuantWrapper(nn.Linear(2, 1))
    assert torch.equal(model(torch.ones(1, 2)), model.module(torch.ones(1, 2)))
    assert nn.Sequential(QuantStub(), DeQuantStub())(torch.ones(1)).item() == 1


def test_what_there_are_no_instances_of():
    from ferrotorch._subclasses import FakeTensor, FakeTensorMode

    assert not isinstance(1, torch.SymInt) and not isinstance(torch.ones(1), FakeTensor)
    with pytest.raises(RuntimeError, match="device 'meta'"):
        FakeTensorMode()
    with pytest.raises(RuntimeError, match="and CUDA use PyTorch's own"):
        torch.utils.cpp_extension.load("name", ["file.cpp"])
    assert torch._C._log_api_usage_once("anything") is None
    assert torch._C._are_functorch_transforms_active() is False
    assert torch.func.vmap(lambda x: x * torch._C._are_functorch_transforms_active())(torch.ones(2)).tolist() == [1, 1]
    assert nn.modules.module._IncompatibleKeys([], []).missing_keys == []
    with pytest.raises(AttributeError, match="has no attribute 'no_such'"):
        _ = torch._C.no_such


def test_layouts_and_processes_that_are_nowhere():
    x = torch.ones(1)
    assert (
        x.layout not in (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc)
        and str(torch.sparse_coo) == "torch.sparse_coo"
    )
    from ferrotorch.distributed import _composable, autograd, rpc
    from ferrotorch.distributed._tensor.experimental import implicit_replication

    assert not rpc.is_available() and not autograd.is_available() and _composable
    with implicit_replication():
        assert torch.equal(x + x, 2 * x)
    with pytest.raises(RuntimeError, match="ferrotorch has no"):
        autograd.context()


def test_random_states_of_devices(gpu):
    x = torch.ones(1, device=gpu)
    numbers, states = torch.utils.checkpoint.get_device_states(x, torch.ones(1))
    first = torch.rand(3, device=gpu)
    torch.utils.checkpoint.set_device_states(numbers, states)
    assert numbers == [0] and torch.equal(torch.rand(3, device=gpu), first)


def test_no_program_is_under_compilation():
    assert torch._guards.active_fake_mode() is None and torch._guards.detect_fake_mode([torch.ones(1)]) is None


def test_types_of_torchscript_are_names_for_annotations():
    assert torch.DeviceObjType is not torch.ListType and not isinstance("cpu", torch.DeviceObjType)
    with pytest.raises(NotImplementedError, match=r"torch\._C\.ListType: ferrotorch does not compile TorchScript"):
        torch.ListType(torch.IntType)


class TestSmallNames:
    def test_switches_of_a_compiler_keep_what_they_are_set_to(self):
        assert torch._C._jit_set_profiling_mode(False) is True and torch._C._jit_get_profiling_mode() is False
        assert torch._C._jit_set_profiling_mode(True) is False and torch._C._jit_can_fuse_on_gpu() is False
        assert torch._C._is_tracing() is False and not isinstance(len, torch._C.ScriptMethod)
        assert torch._C._functorch.get_interpreter_stack() is None and not torch.cuda._initialized

    def test_options_of_a_block(self):
        from ferrotorch._dynamo import config
        from ferrotorch._dynamo.utils import disable_cache_limit, warn_once

        before = config.recompile_limit
        with disable_cache_limit():
            assert config.recompile_limit > 10**9
        assert config.recompile_limit == before
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            for _ in range(2):
                warn_once("said by test_options_of_a_block")
        assert len(seen) == 1

    def test_levels_of_loggers(self):
        from ferrotorch._logging import set_logs

        logger = logging.getLogger("torch._dynamo")
        before = logger.level
        try:
            set_logs(dynamo=logging.ERROR, graph_breaks=True)
            assert logger.level == logging.ERROR
        finally:
            logger.setLevel(before)
        with pytest.raises(ValueError, match="Unrecognized log"):
            set_logs(nothing=logging.ERROR)

    def test_devices_of_blocks_and_functions(self):
        from ferrotorch.utils._device import DeviceContext, set_device

        with DeviceContext("meta"):
            assert torch.ones(1).device.type == "meta"
        assert set_device("meta")(torch.ones)(1).device.type == "meta" and torch.ones(1).device.type == "cpu"
        with pytest.raises(TypeError, match="is a class"):
            set_device("meta")(dict)

    def test_ordered_sets(self):
        from ferrotorch.utils._ordered_set import OrderedSet

        found = OrderedSet([3, 1, 2, 3])
        assert list(found) == [3, 1, 2] and found == {1, 2, 3} and repr(found) == "OrderedSet([3, 1, 2])"
        assert list(found.union([9, 1])) == [3, 1, 2, 9] and list(found | OrderedSet([0])) == [3, 1, 2, 0]
        assert list(found.intersection([2, 3])) == [3, 2] and list(found.difference([3])) == [1, 2]
        assert found.pop() == 2 and list(reversed(found)) == [1, 3] and found.issubset([1, 3, 5])

    def test_ports(self):
        import socket

        from ferrotorch.distributed.elastic.utils.distributed import get_free_port, get_socket_with_port

        with get_socket_with_port() as taken:
            port = get_free_port()
            assert port != taken.getsockname()[1]
        with socket.socket() as own:
            own.bind(("localhost", port))

    def test_tensors_inside_of_containers(self):
        from ferrotorch.distributed.utils import _apply_to_tensors

        given = {"a": [torch.ones(1), "text"], "b": (torch.zeros(1),)}
        assert _apply_to_tensors(lambda x: x.item() + 1, given) == {"a": [2.0, "text"], "b": (1.0,)}

    def test_a_standard_basis(self):
        from ferrotorch.autograd.functional import _construct_standard_basis_for

        first, second = _construct_standard_basis_for((torch.ones(2), torch.ones(1, dtype=torch.float64)), (2, 1))
        assert first.tolist() == [[1, 0], [0, 1], [0, 0]] and second.tolist() == [[0], [0], [1]]
        assert second.dtype is torch.float64
        with pytest.raises(AssertionError):
            _construct_standard_basis_for((torch.ones(2),), (2, 1))

    def test_names_that_packages_reach_by_other_modules(self):
        assert torch.functional.F is nn.functional and nn.functional._Reduction.get_enum("mean") == 1
        assert nn.modules.module._addindent("a\nb", 2) == "a\n  b" and "capturable" in optimizer._capturable_doc
        grouped = optimizer.Optimizer._group_tensors_by_device_and_dtype([[torch.ones(1), torch.ones(1).double()]])
        assert len(grouped) == 2
        with pytest.raises(RuntimeError, match="floating point"):
            optimizer._device_dtype_check_for_fused(torch.ones(1, dtype=torch.int64))


@pytest.mark.parametrize(
    ("layer", "name", "x"),
    [
        (nn.MaxPool2d(2), "max_pool2d", torch.ones(1, 1, 4, 4)),
        (nn.AdaptiveAvgPool1d(2), "adaptive_avg_pool1d", torch.ones(1, 1, 4)),
        (nn.Conv1d(1, 1, 1), "conv1d", torch.ones(1, 1, 4)),
        (nn.ReLU(), "relu", torch.ones(2)),
        (nn.Linear(2, 1), "linear", torch.ones(2)),
        (nn.MSELoss(), "mse_loss", torch.ones(2)),
    ],
)
def test_layers_call_what_stands_in_functional(monkeypatch, layer, name, x):
    calls = []
    computed = getattr(nn.functional, name)
    monkeypatch.setattr(nn.functional, name, lambda *args, **kwargs: calls.append(name) or computed(*args, **kwargs))
    layer(x, x) if name == "mse_loss" else layer(x)
    assert calls == [name]


class TestOlderNormalisation:
    """The numbers that PyTorch gives, whose first channel counts for all later ones."""

    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            (1, [0.50297338, 0.64732236, 0.69710422, 0.68575346, 0.65599656]),
            (2, [0.54433107, 0.82626140, 0.97098351, 1.01192880, 1.00439799]),
            (3, [0.45790642, 0.66590673, 0.69710422, 0.68575346, 0.65599656]),
        ],
    )
    def test_it_is_pytorch_s(self, size, expected):
        x = torch.arange(1.0, 7).view(1, 6, 1, 1)
        y = nn.CrossMapLRN2d(size, alpha=0.5, k=2.0)(x).flatten()
        torch.testing.assert_close(y[:5], torch.tensor(expected))
        assert repr(nn.CrossMapLRN2d(3)) == "CrossMapLRN2d(3, alpha=0.0001, beta=0.75, k=1)"
        with pytest.raises(ValueError, match="Expected input to be 4D, got 3D"):
            nn.CrossMapLRN2d(3)(torch.ones(1, 3, 4))
