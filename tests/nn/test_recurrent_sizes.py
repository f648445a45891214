"""Layers of every size run as their cells do: few rows and many, small weights and large, also without gradients."""

import ferrotorch as torch
import pytest
from ferrotorch import nn

CELLS = {nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}
TOLERANCES = {torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}
# Rows of a batch and features of a state.
SIZES = [(1, 8), (2, 72), (3, 33), (8, 64), (16, 64), (17, 33), (16, 160), (40, 160), (1, 256)]


def by_cells(cell, x, state, is_reversed):
    outputs = []
    for step in reversed(x.unbind()) if is_reversed else x.unbind():
        state = cell(step, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs[::-1] if is_reversed else outputs)


def layer_and_cell(kind, features, dtype, is_reversed, bias):
    torch.manual_seed(features)
    layer = kind(5, features, bidirectional=True, bias=bias, dtype=dtype)
    cell, end = CELLS[kind](5, features, bias=bias, dtype=dtype), "_l0_reverse" if is_reversed else "_l0"
    cell.load_state_dict({n.removesuffix(end): v for n, v in layer.state_dict().items() if n.endswith(end)})
    half = slice(features, None) if is_reversed else slice(features)
    weights = [p for n, p in layer.named_parameters() if n.endswith(end)]
    return lambda x, state: layer(x, state)[0][..., half], cell, weights


def states(kind, rows, features, dtype):
    made = [torch.randn(2, rows, features, dtype=dtype, requires_grad=True) for _ in range(2 if kind is nn.LSTM else 1)]
    return tuple(made) if kind is nn.LSTM else made[0]


def of_direction(state, place):
    return tuple(s[place] for s in state) if isinstance(state, tuple) else state[place]


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(("rows", "features"), SIZES)
@pytest.mark.parametrize("kind", CELLS)
def test_results_and_gradients_are_those_of_the_cells(kind, rows, features, is_reversed):
    layer, cell, weights = layer_and_cell(kind, features, torch.float64, is_reversed, bias=rows != 3)
    x = torch.randn(4, rows, 5, dtype=torch.float64, requires_grad=True)
    state = states(kind, rows, features, torch.float64)
    found, wanted = layer(x, state), by_cells(cell, x, of_direction(state, int(is_reversed)), is_reversed)
    torch.testing.assert_close(found, wanted)
    with torch.no_grad():
        assert torch.equal(layer(x, state), found)
    factors, inputs = torch.randn_like(found), [x, *(state if isinstance(state, tuple) else [state])]
    grads = torch.autograd.grad((found * factors).sum(), [*inputs, *weights])
    expected = torch.autograd.grad((wanted * factors).sum(), [*inputs, *cell.parameters()])
    for a, b in zip(grads, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("rows", "features"), [(1, 72), (8, 64), (16, 160)])
@pytest.mark.parametrize("kind", CELLS)
def test_narrow_dtypes_follow_double(kind, rows, features, dtype):
    torch.manual_seed(0)
    layer, wide = kind(5, features, dtype=dtype), kind(5, features, dtype=torch.float64)
    wide.load_state_dict(layer.state_dict())
    x, tolerance = torch.randn(6, rows, 5, dtype=dtype), TOLERANCES[dtype]
    found = layer(x)[0]
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), wide(x.double())[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", CELLS)
def test_what_lies_otherwise_in_memory(kind):
    """Batches first, and states and weights that are views."""
    torch.manual_seed(0)
    layer, turned = kind(6, 32, batch_first=True), kind(6, 32, batch_first=True)
    for name, weight in layer.named_parameters():
        weight = weight.detach()
        other = weight.t().contiguous().t() if weight.ndim == 2 else torch.stack([weight] * 2, 1)[:, 0]
        setattr(turned, name, nn.Parameter(other))
    x = torch.randn(6, 5, 9).permute(2, 1, 0)
    state = torch.randn(9, 32, 1).permute(2, 0, 1)
    state = (state, state) if kind is nn.LSTM else state
    torch.testing.assert_close(turned(x, state)[0], layer(x.contiguous(), state)[0])


def test_what_does_not_fit_is_refused():
    from ferrotorch import _C

    steps, state, weight = torch.zeros(3, 2, 16), torch.zeros(2, 4), torch.zeros(16, 4)
    with pytest.raises(RuntimeError, match=r"lstm\(\): steps \[3, 2, 16\] of float32, a state \[2, 5\] .* do not fit"):
        _C._cells.lstm(steps, (torch.zeros(2, 5), torch.zeros(2, 5)), weight, False, True)
    with pytest.raises(RuntimeError, match=r"a cell state of shape \[1, 4\]"):
        _C._cells.lstm(steps, (state, state[:1]), weight, False, True)
    with pytest.raises(RuntimeError, match="do not fit each other"):
        _C._cells.lstm(steps, (state, state), weight.double(), False, True)
    with pytest.raises(RuntimeError, match="a bias of shape"):
        _C._cells.gru(steps[..., :12], state, weight[:12], torch.zeros(11), False, True)
