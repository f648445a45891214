"""Recurrent layers against their cells, and packed against padded sequences."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.utils.rnn import (
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
)

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}


def hidden(state):
    return state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_repeats_its_cell(kind):
    torch.manual_seed(0)
    layer, cell = kind(3, 4), CELLS[kind](3, 4)
    cell.load_state_dict({name[: -len("_l0")]: value for name, value in layer.state_dict().items()})
    x, state, steps = torch.randn(5, 2, 3), None, []
    for step in x:
        state = cell(step, state)
        steps.append(hidden(state))
    output, last = layer(x)
    assert torch.allclose(output, torch.stack(steps), atol=1e-6)
    assert torch.allclose(hidden(last)[0], steps[-1], atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_packed_sequences_run_to_their_own_ends(kind, bidirectional):
    torch.manual_seed(0)
    layer = kind(3, 4, num_layers=2, bidirectional=bidirectional)
    sequences = [torch.randn(n, 3) for n in (2, 5, 3)]
    output, last = layer(pack_sequence(sequences, enforce_sorted=False))
    padded, lengths = pad_packed_sequence(output)
    assert lengths.tolist() == [2, 5, 3]
    for i, sequence in enumerate(sequences):
        alone, state = layer(sequence)
        assert torch.allclose(padded[: len(sequence), i], alone, atol=1e-6)
        assert torch.allclose(hidden(last)[:, i], hidden(state), atol=1e-6)


def test_the_reverse_direction_sees_the_sequence_backwards():
    torch.manual_seed(0)
    both, one = nn.GRU(3, 4, bidirectional=True), nn.GRU(3, 4)
    state = both.state_dict()
    one.load_state_dict({name: state[name + "_reverse"] for name in one.state_dict()})
    x = torch.randn(5, 2, 3)
    backwards = one(x.flip(0))[0].flip(0)
    assert torch.allclose(both(x)[0][..., 4:], backwards, atol=1e-6)


def test_batch_first_and_unbatched_are_the_same_computation():
    layer = nn.LSTM(3, 4, batch_first=True)
    x = torch.randn(2, 5, 3)
    output, (h, c) = layer(x)
    assert output.shape == (2, 5, 4)
    assert h.shape == c.shape == (1, 2, 4)
    alone, (h0, _) = layer(x[0])
    assert torch.allclose(alone, output[0], atol=1e-6)
    assert torch.allclose(h0, h[:, 0], atol=1e-6)


def test_projections_shrink_the_hidden_state():
    layer = nn.LSTM(3, 5, proj_size=2)
    output, (h, c) = layer(torch.randn(4, 1, 3))
    assert output.shape == (4, 1, 2)
    assert h.shape == (1, 1, 2)
    assert c.shape == (1, 1, 5)


def doubles(*shapes):
    return [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def steps_of_cells(cell, x, state, reverse):
    outputs = []
    for step in reversed(x.unbind()) if reverse else x:
        state = cell(step, state)
        outputs.append(state[0])
    return torch.stack(outputs[::-1] if reverse else outputs), state


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_of_an_lstm_are_those_of_its_steps(bias, reverse):
    torch.manual_seed(0)
    layer = nn.LSTM(3, 4, bias=bias, bidirectional=True, dtype=torch.float64)
    cell = nn.LSTMCell(3, 4, bias=bias, dtype=torch.float64)
    end = "_l0_reverse" if reverse else "_l0"
    cell.load_state_dict({n.removesuffix(end): v for n, v in layer.state_dict().items() if n.endswith(end)})
    x, h, c = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in [(5, 2, 3), (2, 2, 4), (2, 2, 4)]
    )
    output, last = layer(x, (h, c))
    half = slice(4, 8) if reverse else slice(0, 4)
    wanted, state = steps_of_cells(cell, x, (h[int(reverse)], c[int(reverse)]), reverse)
    assert torch.allclose(output[..., half], wanted)
    assert torch.allclose(last[1][int(reverse)], state[1])
    weights = [p for n, p in layer.named_parameters() if n.endswith(end)]
    factors = torch.randn(5, 2, 4, dtype=torch.float64)
    found = torch.autograd.grad((output[..., half] * factors).sum() + last[1][int(reverse)].sum(), [x, h, c, *weights])
    loss = (wanted * factors).sum() + state[1].sum()
    for a, b in zip(found, torch.autograd.grad(loss, [x, h, c, *cell.parameters()]), strict=True):
        assert torch.allclose(a, b)


def test_an_lstm_is_differentiable_twice():
    torch.manual_seed(0)
    layer = nn.LSTM(2, 3, dtype=torch.float64)
    names = [name for name, _ in layer.named_parameters()]

    def run(x, h, c, *weights):
        output, (_, cell) = torch.func.functional_call(layer, dict(zip(names, weights, strict=True)), (x, (h, c)))
        return output, cell

    inputs = [
        torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in [(3, 2, 2), (1, 2, 3), (1, 2, 3)]
    ]
    inputs += [p.detach().requires_grad_() for p in layer.parameters()]
    assert torch.autograd.gradcheck(run, inputs)
    assert torch.autograd.gradgradcheck(run, inputs)


def test_what_an_lstm_returns_may_be_changed():
    layer, x = nn.LSTM(2, 3), torch.randn(4, 1, 2)
    expected = torch.autograd.grad(layer(x)[0].sum(), layer.weight_hh_l0)[0]
    output = layer(x)[0]
    output.add_(1)
    assert torch.equal(torch.autograd.grad(output.sum(), layer.weight_hh_l0)[0], expected)


def test_gradients_reach_all_parameters():
    layer = nn.GRU(2, 3, num_layers=2, bidirectional=True)
    layer(torch.randn(3, 2, 2))[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.RNN(2, 3, nonlinearity="sin"), ValueError, "Unknown nonlinearity"),
        (lambda: nn.LSTM(2, 0), ValueError, "hidden_size must be greater than zero"),
        (lambda: nn.LSTM(2, 3, proj_size=3), ValueError, "proj_size has to be smaller"),
        (lambda: nn.GRU(2, 3, proj_size=1), ValueError, "only supported for LSTM, not RNN or GRU"),
        (lambda: nn.RNN(2, 3, proj_size=0), ValueError, "only supported for LSTM, not RNN or GRU"),
        (lambda: nn.LSTM(2, 3, dropout=2), ValueError, "dropout should be a number in range"),
        (lambda: nn.LSTM(2, 3)(torch.zeros(4, 1, 5)), RuntimeError, "Expected 2, got 5"),
        (lambda: nn.LSTM(2, 3)(torch.zeros(4)), ValueError, "Expected input to be 2D or 3D"),
        (lambda: nn.GRU(2, 3)(torch.zeros(4, 1, 2), torch.zeros(1, 2, 3)), RuntimeError, r"Expected hidden\[0\] size"),
        (lambda: nn.GRUCell(2, 3)(torch.zeros(1, 4)), RuntimeError, "inconsistent input_size"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_packing_and_padding_invert_each_other():
    sequences = [torch.arange(n) + 10.0 * n for n in (3, 2, 1)]
    packed = pack_sequence(sequences)
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert [s.tolist() for s in unpack_sequence(packed)] == [s.tolist() for s in sequences]
    padded, _ = pad_packed_sequence(packed, batch_first=True, padding_value=-1.0, total_length=4)
    assert padded[2].tolist() == [10.0, -1.0, -1.0, -1.0]
    assert pad_sequence(sequences, batch_first=True, padding_side="left")[2].tolist() == [0.0, 0.0, 10.0]


def test_packing_asks_for_sorted_positive_lengths():
    x = torch.zeros(3, 2)
    with pytest.raises(RuntimeError, match="sorted in decreasing order"):
        pack_padded_sequence(x, [1, 3])
    with pytest.raises(RuntimeError, match="greater than 0"):
        pack_padded_sequence(x, [3, 0])


@pytest.mark.parametrize("size", [0, -1])
def test_inputs_have_features(size):
    with pytest.raises(ValueError, match="input_size must be greater than zero"):
        nn.GRU(size, 3)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_state_that_depends_on_the_weights(create_graph):
    """Truncated sequences: the second starts from the state that the first has left."""
    torch.manual_seed(0)
    lstm = nn.LSTM(2, 3)
    x, calls = torch.randn(4, 1, 2), []
    output, state = lstm(x)
    output, _ = lstm(x, state)
    lstm.weight_hh_l0.register_hook(lambda grad: calls.append(1))
    loss = (output**2).sum()
    (grad,) = torch.autograd.grad(loss, lstm.weight_hh_l0, create_graph=create_graph)
    shift = torch.zeros_like(grad)
    shift[1, 2] = 1e-2

    def at(step):
        with torch.no_grad():
            lstm.weight_hh_l0 += step * shift
            loss = (lstm(x, lstm(x)[1])[0] ** 2).sum().item()
            lstm.weight_hh_l0 -= step * shift
        return loss

    assert abs((at(1) - at(-1)) / 2e-2 - grad[1, 2].item()) < 1e-3 * abs(grad[1, 2].item()) + 1e-5
    assert len(calls) == 1


def test_sequences_without_steps_are_refused():
    for module in (nn.RNN, nn.GRU, nn.LSTM):
        with pytest.raises(RuntimeError, match="sequence length to be larger than 0"):
            module(2, 3)(torch.ones(0, 1, 2))


def test_packed_sequences_convert_and_stay_themselves():
    packed = nn.utils.rnn.pack_sequence([torch.ones(3), torch.ones(2)])
    assert packed.to(torch.float32) is packed
    assert packed.cpu() is packed
    dtypes = {"long": "int64", "int": "int32", "short": "int16", "char": "int8", "byte": "uint8", "double": "float64"}
    for name, dtype in dtypes.items():
        assert getattr(packed, name)().data.dtype == getattr(torch, dtype)


@pytest.mark.parametrize(
    ("shape", "lengths", "batch_first"),
    [((0, 0), [], False), ((0, 1, 10), [11, 14, 2], True), ((3, 2, 0), [3, 2], False)],
)
def test_nothing_cannot_be_packed(shape, lengths, batch_first):
    with pytest.raises(RuntimeError, match="Cannot pack empty tensors"):
        torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(shape), lengths, batch_first)
