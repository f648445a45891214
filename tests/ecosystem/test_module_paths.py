"""Modules of PyTorch by the paths that programs import them from."""

import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import _vmap_internals, nn
from ferrotorch._alias.moved import MODULES, SHADOWED
from ferrotorch.fx.experimental import symbolic_shapes
from ferrotorch.nn import _reduction
from ferrotorch.nn.attention.bias import CausalBias, CausalVariant, causal_lower_right, causal_upper_left
from ferrotorch.nn.functional import scaled_dot_product_attention
from ferrotorch.nn.parallel import comm
from ferrotorch.nn.utils.rnn import pack_padded_sequence
from ferrotorch.testing import assert_close

EVERY_MODULE = """
import importlib, sys, torch
from ferrotorch._alias.moved import MODULES
here = {name: ours for name, ours in MODULES.items() if "tensorboard" not in name}
for name, ours in here.items():
    assert importlib.import_module(f"torch.{name}") is importlib.import_module(f"ferrotorch.{ours}"), name
print(len(MODULES) - len(here))
"""
FUNCTIONS_STAY = """
import torch
from torch.nn.utils.weight_norm import WeightNorm
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.parallel.replicate import replicate
import torch.nn.utils.weight_norm
from torch.quantization.observer import MinMaxObserver
from torch.optim.lr_scheduler import StepLR
assert callable(torch.nn.utils.weight_norm) and callable(torch.nn.utils.spectral_norm)
assert torch.nn.parallel.replicate is replicate
layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 2))
print([type(hook).__name__ for hook in layer._forward_pre_hooks.values()])
"""
IMPORTED_NAMES = """
import importlib
from ferrotorch._alias.imported import IMPORTED
for module, sources in IMPORTED.items():
    for home, names in sources.items():
        for name in names.split():
            found = getattr(importlib.import_module(f"torch.{module}"), name)
            assert found is getattr(importlib.import_module(f"torch.{home}".rstrip(".")), name), (module, name)
from torch.nn.functional import _canonical_mask, _in_projection_packed, _mha_shape_check, _pair, _verify_batch_size
from torch.nn.modules.conv import _ConvNd, _reverse_repeat_tuple, _single
from torch.optim.adamw import adamw
print(_single(3), _canonical_mask.__name__, adamw.__name__)
try:
    importlib.import_module("torch.nn.modules.conv").nothing
except AttributeError as error:
    print(error)
"""


def run(code):
    done = subprocess.run([sys.executable, "-m", "ferrotorch", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_path_leads_to_its_module():
    # TensorBoard is a package of its own, which need not be installed.
    assert run(EVERY_MODULE) == "1"


def test_a_module_with_a_functions_name_leaves_the_function():
    assert set(MODULES) >= SHADOWED
    assert run(FUNCTIONS_STAY) == "['WeightNorm']"


def test_modules_have_what_they_import_in_pytorch():
    assert run(IMPORTED_NAMES).splitlines() == [
        "(3,) _canonical_mask adamw",
        "module 'torch.nn.modules.conv' has no attribute 'nothing'",
    ]


class TestReduction:
    @pytest.mark.parametrize(("name", "number"), [("none", 0), ("mean", 1), ("sum", 2)])
    def test_numbers(self, name, number):
        assert _reduction.get_enum(name) == number

    @pytest.mark.parametrize(
        ("flags", "name"),
        [((None, None), "mean"), ((False, None), "sum"), ((True, True), "mean"), ((None, False), "none")],
    )
    def test_flags(self, flags, name):
        assert _reduction.legacy_get_string(*flags, emit_warning=False) == name
        with pytest.warns(UserWarning, match=f"please use reduction='{name}'"):
            assert _reduction.legacy_get_enum(*flags) == _reduction.get_enum(name)

    def test_no_reduction(self):
        with pytest.raises(ValueError, match="product is not a valid value for reduction"):
            _reduction.get_enum("product")


class TestComm:
    def test_tensors_go_out_and_come_back(self, device):
        x = torch.arange(6.0, device=device, requires_grad=True)
        parts = comm.scatter(x, [device, device], [4, 2])
        assert [part.numel() for part in parts] == [4, 2]
        assert_close(comm.gather(parts), x)
        copies = comm.broadcast(x, [device, device])
        comm.reduce_add(copies, device).sum().backward()
        assert x.grad.tolist() == [2.0] * 6

    def test_many_at_once(self):
        x, y = torch.ones(2), torch.arange(3.0)
        copies = comm.broadcast_coalesced([x, y], ["cpu", "cpu", "cpu"])
        assert [t.tolist() for t in comm.reduce_add_coalesced(copies)] == [[3.0, 3.0], [0.0, 3.0, 6.0]]

    def test_into_given_tensors(self):
        x, out = torch.arange(4.0), [torch.zeros(1), torch.zeros(3)]
        assert comm.scatter(x, out=out)[1] is out[1] and out[1].tolist() == [1.0, 2.0, 3.0]
        assert comm.gather(out, out=torch.zeros(4)).tolist() == x.tolist()
        assert comm.broadcast(x, out=[torch.zeros(4)])[0].tolist() == x.tolist()

    def test_what_does_not_go_together(self):
        with pytest.raises(RuntimeError, match="Exactly one of 'devices' and 'out'"):
            comm.broadcast(torch.ones(1))
        with pytest.raises(ValueError, match="input 1 has invalid size: got 3, but expected 2"):
            comm.reduce_add([torch.ones(2), torch.ones(3)])


class TestCausalBias:
    @pytest.mark.parametrize(("make", "offset"), [(causal_upper_left, 0), (causal_lower_right, 2)])
    def test_attention_with_it_is_attention_with_the_mask(self, make, offset, device):
        torch.manual_seed(0)
        q, k, v = (torch.rand(1, 2, n, 4, device=device) for n in (3, 5, 5))
        mask = torch.ones(3, 5, dtype=torch.bool, device=device).tril(offset)
        bias = make(3, 5)
        assert_close(scaled_dot_product_attention(q, k, v, bias), scaled_dot_product_attention(q, k, v, mask))
        assert bias._materialize().tolist() == mask.tolist() and repr(bias) == repr(mask.cpu())

    def test_wrong_uses(self):
        with pytest.raises(ValueError, match="should not be used with causal=True"):
            scaled_dot_product_attention(*[torch.rand(1, 1, 2, 4)] * 3, causal_upper_left(2, 2), is_causal=True)
        with pytest.raises(AssertionError, match="must be a CausalVariant"):
            CausalBias("upper", 2, 2)
        with pytest.raises(AssertionError, match="only supports 2D tensors"):
            causal_lower_right(2, 3, 4)
        with pytest.warns(UserWarning, match="will produce NaNs"):
            CausalBias(CausalVariant.LOWER_RIGHT, 3, 2)


RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.RNN}


class TestRecurrentFunctions:
    @pytest.mark.parametrize("name", RECURRENT)
    @pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True, "batch_first": True}])
    def test_layers_over_padded_and_packed_sequences(self, name, options):
        torch.manual_seed(0)
        layer = RECURRENT[name](3, 4, **options)
        many = layer.num_layers * (2 if layer.bidirectional else 1)
        x, zeros = torch.rand(5, 2, 3), torch.zeros(many, 5 if layer.batch_first else 2, 4)
        hx = (zeros, zeros) if name == "lstm" else zeros
        rest = True, layer.num_layers, 0.0, True, layer.bidirectional
        output, *state = getattr(torch._VF, name)(x, hx, layer._flat_weights, *rest, layer.batch_first)
        expected, last = layer(x)
        assert_close(output, expected)
        assert_close(state[0], last[0] if name == "lstm" else last)
        packed = pack_padded_sequence(x, [2] * 5 if layer.batch_first else [5, 4], layer.batch_first)
        output, *state = getattr(torch._VF, name)(packed.data, packed.batch_sizes, hx, layer._flat_weights, *rest)
        assert_close(output, layer(packed)[0].data)

    @pytest.mark.parametrize(
        ("name", "cell"),
        [("lstm_cell", nn.LSTMCell), ("gru_cell", nn.GRUCell), ("rnn_tanh_cell", nn.RNNCell)],
    )
    def test_cells(self, name, cell):
        torch.manual_seed(0)
        cell = cell(3, 4)
        x, h = torch.rand(2, 3), torch.rand(2, 4)
        hx = (h, h) if name == "lstm_cell" else h
        weights = cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh
        assert_close(getattr(torch._VF, name)(x, hx, *weights), cell(x, hx))

    def test_other_functions_are_the_packages(self):
        assert torch._VF.sigmoid is torch.sigmoid and torch._VF.lstm is torch.lstm
        with pytest.raises(AttributeError):
            _ = torch._VF.no_such_function
        with pytest.raises(RuntimeError, match="expected 4 weights for each of 1 layers in 1 directions, got 1"):
            torch._VF.gru(
                torch.rand(2, 1, 3), torch.zeros(1, 1, 4), [torch.rand(12, 3)], True, 1, 0.0, False, False, False
            )


def test_sizes_are_numbers():
    s = symbolic_shapes
    assert s.guard_or_false(3 > 2) is True and s.guard_or_true(0) is False and s.hint_int(4) == 4
    assert s.sym_eq((1, [2]), [1, (2,)]) and not s.sym_eq([1], [1, 2]) and s.sym_or(False, True)
    assert not s.is_symbolic(3) and not s.has_free_symbols(torch.ones(2)) and s.free_symbols([1]) == set()
    assert s.is_concrete_int(1) and not s.is_concrete_bool(1) and s.guard_scalar(1.5) == 1.5
    with pytest.raises(AssertionError, match="unrecognized scalar"):
        s.guard_scalar("one")


def test_nothing_is_compiled_by_triton():
    from ferrotorch.utils import _triton

    assert not any(getattr(_triton, name)() for name in _triton.__all__)


def test_queues_know_how_tensors_are_sent():
    from ferrotorch.multiprocessing.reductions import ForkingPickler, reduce_tensor

    x = torch.arange(3.0)
    rebuild, arguments = reduce_tensor(x)[:2]
    assert rebuild(*arguments).tolist() == x.tolist()
    assert ForkingPickler.dumps(x)


class TestOlderVmap:
    def test_it_is_vmap(self):
        x = torch.arange(6.0).reshape(2, 3)
        assert (
            _vmap_internals._vmap(torch.sum)(x).tolist() == _vmap_internals.vmap(torch.sum)(x).tolist() == [3.0, 12.0]
        )

    def test_results_may_be_absent(self):
        x = torch.arange(6.0).reshape(2, 3)
        call = _vmap_internals._vmap(lambda row: (None, row * 2, None, row.sum()), allow_none_pass_through=True)
        first, doubled, third, total = call(x)
        assert first is third is None
        assert doubled.tolist() == (x * 2).tolist() and total.tolist() == [3.0, 12.0]
        with pytest.raises(ValueError, match="None"):
            _vmap_internals._vmap(lambda row: (None, row))(x)


def test_ranks_by_their_older_name(monkeypatch):
    monkeypatch.setattr(torch.distributed, "get_global_rank", lambda group, rank: (group, rank))
    with pytest.warns(FutureWarning, match=r"please use `torch\.distributed\.distributed_c10d\.get_global_rank`"):
        assert torch.distributed.distributed_c10d._get_global_rank("group", 3) == ("group", 3)
