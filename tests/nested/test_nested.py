"""Nested tensors: batches of sequences of different lengths."""

from __future__ import annotations

import ferrotorch as torch
import pytest

A, B = torch.arange(6.0).reshape(2, 3), torch.ones(1, 3)
LAYOUTS = [torch.strided, torch.jagged]


def nested(layout=torch.jagged, **options):
    return torch.nested.nested_tensor([A, B], layout=layout, **options)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_parts(layout):
    x = nested(layout)
    assert isinstance(x, torch.Tensor)
    assert (x.is_nested, x.layout, x.dim(), x.numel(), x.dtype) == (True, layout, 3, 9, torch.float32)
    assert (x.size(0), x.size(2), x.size(-1)) == (2, 3, 3)
    assert [part.tolist() for part in x.unbind()] == [A.tolist(), B.tolist()]
    assert x[1].tolist() == B.tolist()
    assert x.offsets().tolist() == [0, 2, 3]


def test_text():
    text = "nested_tensor([\n  tensor([[0., 1., 2.],\n          [3., 4., 5.]]),\n  tensor([[1., 1., 1.]])\n])"
    assert repr(nested(torch.strided)) == text
    x = nested()
    assert repr(x) == f"NestedTensor(size=(2, {x.size(1)}, 3), offsets=tensor([0, 2, 3]), contiguous=True)"
    assert str(x.shape) == f"(2, {x.size(1)}, 3)"
    with pytest.raises(RuntimeError, match="Given dimension 1 is irregular and does not have a size"):
        nested(torch.strided).size(1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_padding(layout):
    x = nested(layout)
    padded = torch.nested.to_padded_tensor(x, 0.0)
    assert padded.tolist() == [A.tolist(), [[1.0] * 3, [0.0] * 3]]
    wide = x.to_padded_tensor(-1.0, (2, 4, 3))
    assert wide.shape == (2, 4, 3)
    assert wide[1].tolist() == [[1.0] * 3, *[[-1.0] * 3] * 3]
    with pytest.raises(RuntimeError, match="Truncation is not supported"):
        x.to_padded_tensor(0.0, (2, 1, 3))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + x, lambda x: x * 2, lambda x: 1 - x, lambda x: -x, lambda x: x.relu(), lambda x: torch.exp(x),
        lambda x: torch.nn.functional.gelu(x), lambda x: torch.nn.functional.linear(x, torch.arange(6.0).reshape(2, 3)),
        lambda x: torch.nn.functional.softmax(x, -1), lambda x: torch.nn.functional.layer_norm(x, (3,)),
        lambda x: x @ torch.arange(6.0).reshape(3, 2), lambda x: x.transpose(-1, -2), lambda x: x.sum(-1),
        lambda x: x.mean(-1, keepdim=True), lambda x: x.unflatten(-1, (1, 3)), lambda x: x.to(torch.float64),
        lambda x: x.masked_fill(x > 1, 0.0), lambda x: torch.ones_like(x), lambda x: x.clone(), lambda x: x.sum(-2),
        lambda x: torch.nn.functional.dropout(x, 0.0), lambda x: torch.nn.Linear(3, 2, bias=False)(x).detach() * 0,
    ],
)  # fmt: skip
def test_functions_are_those_of_the_sequences(function):
    result = function(nested())
    for mine, part in zip(result.unbind(), (A, B), strict=True):
        torch.testing.assert_close(mine, function(part), check_stride=False)


def test_sums_and_means():
    x = nested()
    assert x.sum().item() == 18.0
    assert x.mean().item() == 2.0
    assert x.sum(1).tolist() == [[3.0, 5.0, 7.0], [1.0, 1.0, 1.0]]
    assert x.mean(1).tolist() == [[1.5, 2.5, 3.5], [1.0, 1.0, 1.0]]
    assert torch.cat([x, x]).offsets().tolist() == [0, 2, 3, 5, 6]


@pytest.mark.parametrize("is_causal", [False, True])
def test_attention_stays_within_sequences(is_causal):
    torch.manual_seed(0)
    parts = [torch.randn(2, 4), torch.randn(3, 4)]
    x = torch.nested.nested_tensor(parts, layout=torch.jagged)
    heads = x.unflatten(-1, (2, 2)).transpose(1, 2)
    attend = torch.nn.functional.scaled_dot_product_attention
    result = attend(heads, heads, heads, is_causal=is_causal).transpose(1, 2).flatten(-2)
    for mine, part in zip(result.unbind(), parts, strict=True):
        h = part.unflatten(-1, (2, 2)).transpose(0, 1)
        torch.testing.assert_close(mine, attend(h, h, h, is_causal=is_causal).transpose(0, 1).flatten(-2))


def test_gradients():
    x = nested(requires_grad=True)
    torch.nested.to_padded_tensor(x * 2, 0.0).sum().backward()
    assert x.grad.is_nested
    assert x.grad.values().tolist() == [[2.0] * 3] * 3
    a = A.clone().requires_grad_()
    (torch.nested.as_nested_tensor([a, B]) * 3).to_padded_tensor(0.0).sum().backward()
    assert a.grad.tolist() == [[3.0] * 3] * 2


def test_in_place():
    x = nested()
    assert x.mul_(2) is x
    assert x[1].tolist() == [[2.0] * 3]
    x += 1
    assert x[1].tolist() == [[3.0] * 3]


def test_other_ways_to_make_them():
    values = torch.arange(10.0).reshape(5, 2)
    x = torch.nested.nested_tensor_from_jagged(values, torch.tensor([0, 2, 5]))
    assert [part.tolist() for part in x.unbind()] == [values[:2].tolist(), values[2:].tolist()]
    y = torch.nested.nested_tensor_from_jagged(values, lengths=torch.tensor([1, 4]))
    assert y.offsets().tolist() == [0, 1, 5]
    batch = torch.arange(24.0).reshape(2, 4, 3)
    z = torch.nested.narrow(batch, 1, torch.tensor([0, 1]), torch.tensor([2, 3]), layout=torch.jagged)
    assert [part.tolist() for part in z.unbind()] == [batch[0, :2].tolist(), batch[1, 1:].tolist()]
    mask = torch.tensor([[True, False, True], [False, True, False]])
    assert [part.tolist() for part in torch.nested.masked_select(A, mask).unbind()] == [[0.0, 2.0], [4.0]]
    assert torch.nested.as_nested_tensor(batch).to_padded_tensor(0.0).tolist() == batch.tolist()


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda: torch.nested.nested_tensor([A, torch.ones(2)]), RuntimeError, "must have the same dimension"),
        (
            lambda: torch.nested.nested_tensor([A, torch.ones(5, 5)]),
            RuntimeError,
            "may differ in the size of one dimension",
        ),
        (
            lambda: nested() + torch.nested.nested_tensor([B, A], layout=torch.jagged),
            RuntimeError,
            "their sequences differ",
        ),
        (lambda: nested().sort(), NotImplementedError, r"sort\(\) is not supported for nested tensors"),
        (lambda: nested().softmax(1), RuntimeError, "not supported for NestedTensor on dim=1"),
        (lambda: torch.nested.to_padded_tensor(A, 0.0), TypeError, "must be a nested tensor"),
        (
            lambda: torch.nested.nested_tensor_from_jagged(A),
            RuntimeError,
            "At least one of offsets or lengths is required",
        ),
    ],
)
def test_what_is_refused(function, error, text):
    with pytest.raises(error, match=text):
        function()


def test_what_programs_read_of_pytorchs_class():
    first, second = torch.ones(2, 3), torch.zeros(4, 3)
    x = torch.nested.nested_tensor([first, second], layout=torch.jagged)
    assert torch.equal(x._values, torch.cat([first, second]))
    assert (x._lengths, x._ragged_idx, x.transpose(1, 2)._ragged_idx) == (None, 1, 2)
    assert x._nested_tensor_size().tolist() == [[2, 3], [4, 3]]


@pytest.mark.parametrize("piece", ["narrow(-1, 1, 2)", "split([1, 3], -1)[1]", "select(-1, 2)", "chunk(2, -1)[0]"])
def test_gradients_of_pieces_are_those_of_the_sequences(piece):
    sequences = [torch.arange(12.0).reshape(3, 4).requires_grad_(), torch.ones(2, 4, requires_grad=True)]
    nested = torch.nested.nested_tensor([x.detach() for x in sequences], layout=torch.jagged, requires_grad=True)
    (eval(f"nested.{piece}").values() ** 2).sum().backward()
    sum((eval(f"x.{piece}") ** 2).sum() for x in sequences).backward()
    for grad, x in zip(nested.grad.unbind(), sequences, strict=True):
        assert torch.equal(grad, x.grad)
