"""Multi-head attention against a computation head by head."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import MultiheadAttention
from ferrotorch.nn import functional as F

LENGTH, KEYS, BATCH, SIZE, HEADS = 3, 4, 2, 6, 2


def inputs(seed=0):
    torch.manual_seed(seed)
    query, key, value = torch.randn(LENGTH, BATCH, SIZE), torch.randn(KEYS, BATCH, SIZE), torch.randn(KEYS, BATCH, SIZE)
    weight, bias = torch.randn(3 * SIZE, SIZE), torch.randn(3 * SIZE)
    return query, key, value, weight, bias


def attention(query, key, value, weight, bias, *, bias_k=None, bias_v=None, add_zero_attn=False, **options):
    out = torch.eye(SIZE)
    return F.multi_head_attention_forward(
        query, key, value, SIZE, HEADS, weight, bias, bias_k, bias_v, add_zero_attn, 0.0, out, None, **options
    )


def heads_of(x):
    """(L, N, E) as rows of each sample and head: (N * heads, L, E / heads)."""
    return x.reshape(x.size(0), BATCH * HEADS, SIZE // HEADS).transpose(0, 1)


def expected(query, key, value, weight, bias, *, more_keys=None, more_values=None, mask=None):
    """Outputs and weights, the additional keys and values standing behind the projected ones."""
    q, k, v = (F.linear(x, w, b) for x, w, b in zip((query, key, value), weight.chunk(3), bias.chunk(3), strict=True))
    if more_keys is not None:
        k, v = torch.cat([k, more_keys]), torch.cat([v, more_values])
    outputs, weights = [], []
    for q_head, k_head, v_head in zip(heads_of(q), heads_of(k), heads_of(v), strict=True):
        scores = q_head @ k_head.t() / (SIZE // HEADS) ** 0.5
        weights.append(torch.softmax(scores if mask is None else scores.masked_fill(mask, -torch.inf), -1))
        outputs.append(weights[-1] @ v_head)
    output = torch.stack(outputs, 1).reshape(LENGTH, BATCH, SIZE)
    return output, torch.stack(weights).reshape(BATCH, HEADS, LENGTH, -1)


def agree(got, want):
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_each_head_attends():
    tensors = inputs()
    output, weights = expected(*tensors)
    agree(attention(*tensors, average_attn_weights=False), (output, weights))
    agree(attention(*tensors), (output, weights.mean(1)))
    got, none = attention(*tensors, need_weights=False)
    assert none is None
    torch.testing.assert_close(got, output, rtol=1e-4, atol=1e-5)


def test_masked_keys_have_no_weight():
    tensors = inputs()
    mask = torch.tensor([[False, True, False, False], [False, False, False, True], [True, False, True, False]])
    got = attention(*tensors, attn_mask=mask, average_attn_weights=False)
    agree(got, expected(*tensors, mask=mask))
    padding = mask[:1].expand(BATCH, KEYS)
    agree(attention(*tensors, key_padding_mask=padding), attention(*tensors, attn_mask=mask[:1].expand(LENGTH, KEYS)))


def test_one_more_key_and_value():
    tensors = inputs()
    bias_k, bias_v, zeros = torch.randn(1, 1, SIZE), torch.randn(1, 1, SIZE), torch.zeros(1, BATCH, SIZE)
    every = {"average_attn_weights": False}
    want = expected(*tensors, more_keys=bias_k.expand_as(zeros), more_values=bias_v.expand_as(zeros))
    agree(attention(*tensors, bias_k=bias_k, bias_v=bias_v, **every), want)
    agree(attention(*tensors, add_zero_attn=True, **every), expected(*tensors, more_keys=zeros, more_values=zeros))
    # No mask excludes it.
    nothing = torch.ones(LENGTH, KEYS, dtype=torch.bool)
    _, weights = attention(*tensors, add_zero_attn=True, attn_mask=nothing)
    assert weights.tolist() == [[[0.0] * KEYS + [1.0]] * LENGTH] * BATCH


def test_separate_weights():
    query, key, value, weight, bias = inputs()
    separate = dict(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), weight.chunk(3), strict=True))
    got = attention(query, key, value, None, bias, use_separate_proj_weight=True, **separate)
    agree(got, attention(query, key, value, weight, bias))
    with pytest.raises(AssertionError, match="one of q_, k_ and v_proj_weight is None"):
        attention(query, key, value, None, bias, use_separate_proj_weight=True, q_proj_weight=weight[:SIZE])


def test_static_keys_and_values_replace_the_projected_ones():
    query, key, value, weight, bias = inputs()
    k, v = (heads_of(F.linear(x, weight.chunk(3)[i], bias.chunk(3)[i])) for i, x in ((1, key), (2, value)))
    got = attention(query, torch.zeros_like(key), torch.zeros_like(value), weight, bias, static_k=k, static_v=v)
    agree(got, attention(query, key, value, weight, bias))
    one = torch.zeros(1, 1, SIZE)
    with pytest.raises(AssertionError, match="static"):
        attention(query, key, value, weight, bias, static_k=k, bias_k=one, bias_v=one)


def test_without_a_batch():
    query, key, value, weight, bias = inputs()
    got = attention(query[:, 0], key[:, 0], value[:, 0], weight, bias)
    want = attention(query[:, :1], key[:, :1], value[:, :1], weight, bias)
    agree(got, (want[0].squeeze(1), want[1].squeeze(0)))


@pytest.mark.parametrize("lead", [(), (2, 1)])
@pytest.mark.parametrize("kind", ["float", "bool"])
def test_rows_that_see_no_key_give_zeros(kind, lead, device):
    query = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], device=device).expand(*lead, 3, 2).requires_grad_()
    key = torch.tensor([[1.0, 2.0], [0.0, 1.0]], device=device).expand(*lead, 2, 2).requires_grad_()
    value = torch.tensor([[1.0, 2.0], [3.0, 5.0]], device=device).expand(*lead, 2, 2).requires_grad_()
    visible = torch.tensor([[True, False], [False, False], [True, True]], device=device)
    mask = visible if kind == "bool" else torch.zeros(3, 2, device=device).masked_fill(~visible, -float("inf"))
    out = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    want = torch.tensor([[1.0, 2.0], [0.0, 0.0], [1.39114070, 2.58671093]], device=device).expand(out.shape)
    torch.testing.assert_close(out, want)
    grads = torch.autograd.grad((out * out).sum(), (query, key, value))
    for got, rows in zip(
        grads,
        (
            [[0.0, 0.0], [0.0, 0.0], [-2.34555697, -2.34555697]],
            [[-2.34555697, -2.34555697], [2.34555697, 2.34555697]],
            [[4.23814964, 8.16165447], [0.54413164, 1.01176775]],
        ),
        strict=True,
    ):
        torch.testing.assert_close(got, torch.tensor(rows, device=device).expand(got.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"is_causal": True}, {"attn_mask": torch.ones(5, 5).tril()}, {"scale": 0.3}], ids=str
)
@pytest.mark.parametrize("grads", [False, True])
def test_the_result_lies_as_the_query_does(options, grads):
    def heads(width=4):
        return torch.linspace(-1, 1, 30 * width).reshape(2, 5, 3, width).transpose(1, 2)

    def strides(query, key, value):
        query = query.detach().requires_grad_(grads)
        return F.scaled_dot_product_attention(query, key, value, **options).stride()

    rows = heads().contiguous()
    assert strides(heads(), heads(), heads()) == (60, 4, 12, 1)
    assert strides(heads(), rows, rows) == (60, 4, 12, 1)
    assert strides(rows, heads(), heads()) == (60, 20, 4, 1)
    # A result of another width than the query is row-major.
    assert strides(heads(), heads(), heads(6)) == (90, 30, 6, 1)


def made(**options):
    return MultiheadAttention(4, 2, batch_first=True, **options).eval()


def _sequences():
    torch.manual_seed(0)
    return [torch.randn(length, 4) for length in (4, 2, 3)]


def test_sequences_of_several_lengths_attend_to_themselves():
    """As each does by itself; weights are those of the padded sequences, 0 where there are no elements."""
    layer = made()
    sequences = _sequences()
    together = torch.nested.nested_tensor(sequences)
    with torch.no_grad():
        output, weights = layer(together, together, together)
        by_head = layer(together, together, together, average_attn_weights=False)[1]
        assert layer(together, together, together, need_weights=False)[1] is None
        assert output.is_nested and weights.shape == (3, 4, 4) and by_head.shape == (3, 2, 4, 4)
        for one, found, own, heads in zip(sequences, output.unbind(), weights, by_head, strict=True):
            n = len(one)
            expected, expected_weights = layer(one, one, one)
            torch.testing.assert_close(found, expected)
            torch.testing.assert_close(own[:n, :n], expected_weights)
            torch.testing.assert_close(heads.mean(0), own)
            assert own[n:].count_nonzero() == 0 and own[:, n:].count_nonzero() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda layer, x: layer(x, x, torch.nested.nested_tensor(_sequences())), "non-self attention"),
        (lambda layer, x: layer.train()(x, x, x), "training is enabled"),
        (
            lambda layer, x: layer(x, x, x, key_padding_mask=torch.zeros(3, 4, dtype=torch.bool)),
            "mask is not supported",
        ),
        (lambda layer, x: layer(x, x, x, attn_mask=torch.zeros(4, 4)), "mask is not supported"),
        (lambda layer, x: torch.enable_grad()(layer)(x, x, x), "grad is enabled"),
        (lambda layer, x: MultiheadAttention(4, 2).eval()(x, x, x), "batch_first was not True"),
        (
            lambda layer, x: MultiheadAttention(4, 2, add_bias_kv=True, batch_first=True).eval()(x, x, x),
            "bias_k was not",
        ),
        (
            lambda layer, x: MultiheadAttention(4, 2, add_zero_attn=True, batch_first=True).eval()(x, x, x),
            "add_zero_attn",
        ),
    ],
)
def test_what_nested_sequences_cannot(change, words):
    layer = made()
    with torch.no_grad(), pytest.raises(AssertionError, match=f"outside of its fast path.*{words}"):
        change(layer, torch.nested.nested_tensor(_sequences()))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"attn_mask": (3,)}, AssertionError, r"batched \(3-D\) `query`, expected `attn_mask` to be .* found 1-D"),
        ({"attn_mask": (1, 4, 4, 4)}, AssertionError, r"expected `attn_mask` to be `None`, 2-D or 3-D but found 4-D"),
        ({"attn_mask": (3, 3)}, RuntimeError, r"2D attn_mask is torch.Size\(\[3, 3\]\), but should be \(4, 4\)"),
        (
            {"attn_mask": (3, 4, 4)},
            RuntimeError,
            r"3D attn_mask is .*\[3, 4, 4\]\), but should be \(8, 4, 4\)",
        ),
        ({"key_padding_mask": (4,)}, AssertionError, r"expected `key_padding_mask` to be `None` or 2-D but found 1-D"),
    ],
)
def test_masks_of_other_shapes(arguments, error, words):
    layer, x = MultiheadAttention(4, 2, batch_first=True), torch.ones(4, 4, 4)
    masks = {name: torch.ones(shape, dtype=torch.bool) for name, shape in arguments.items()}
    with pytest.raises(error, match=words):
        layer(x, x, x, **masks)


def test_a_query_without_batch_wants_keys_and_values_without():
    layer, x = MultiheadAttention(4, 2, batch_first=True), torch.ones(4, 4, 4)
    with pytest.raises(AssertionError, match=r"For unbatched \(2-D\) `query`, expected `key` and `value` to be 2-D"):
        layer(x[0], x, x)
    with pytest.raises(AssertionError, match=r"key shape .*4, 4, 4.* does not match value shape .*3, 4, 4"):
        layer(x, x, x[:, :3])
