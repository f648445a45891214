"""Ops on lists of tensors: each is its op on the tensors one by one."""

import ferrotorch as torch
import pytest
from ferrotorch import _foreach

XS = [torch.tensor([0.3, 0.6]), torch.tensor([[0.9], [0.2]])]
YS = [torch.tensor([0.5, 0.1]), torch.tensor([[0.4], [0.8]])]


def copies() -> list[torch.Tensor]:
    return [x.clone() for x in XS]


def same(got: object, want: object) -> None:
    assert len(got) == len(want)
    assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


@pytest.mark.parametrize("name", _foreach._UNARY)
def test_of_one_list(name: str) -> None:
    want = [getattr(torch, name)(x) for x in XS]
    same(getattr(torch, f"_foreach_{name}")(XS), want)
    xs = copies()
    assert getattr(torch, f"_foreach_{name}_")(xs) is xs
    same(xs, want)


@pytest.mark.parametrize("name", _foreach._BINARY)
@pytest.mark.parametrize("other", [YS, 0.5, [0.25, 2.0]], ids=["tensors", "number", "numbers"])
def test_of_two_operands(name: str, other: object) -> None:
    op = getattr(torch, name)
    others = other if isinstance(other, list) else [other] * 2
    if name in ("minimum", "maximum"):
        others = [torch.as_tensor(y) for y in others]
    want = [op(x, y) for x, y in zip(XS, others, strict=True)]
    same(getattr(torch, f"_foreach_{name}")(XS, other), want)
    xs = copies()
    getattr(torch, f"_foreach_{name}_")(xs, other)
    same(xs, want)


def test_factors() -> None:
    same(torch._foreach_add(XS, YS, alpha=3), [x + 3 * y for x, y in zip(XS, YS, strict=True)])
    same(torch._foreach_mul(XS, torch.tensor(2.0)), [x * 2 for x in XS])
    same(torch._foreach_pow(2.0, XS), [2.0**x for x in XS])
    for factor in (2, [2, 2], torch.tensor([2.0, 2.0])):
        want = [torch.addcmul(x, x, y, value=2) for x, y in zip(XS, YS, strict=True)]
        same(torch._foreach_addcmul(XS, XS, YS, factor), want)
    xs = copies()
    torch._foreach_addcdiv_(xs, XS, YS, value=-1)
    same(xs, [torch.addcdiv(x, x, y, value=-1) for x, y in zip(XS, YS, strict=True)])
    for weight in (0.25, [0.25, 0.25], [torch.full_like(x, 0.25) for x in XS]):
        same(torch._foreach_lerp(XS, YS, weight), [torch.lerp(x, y, 0.25) for x, y in zip(XS, YS, strict=True)])


def test_reductions_and_copies() -> None:
    same(torch._foreach_norm(XS, 1), [x.norm(1) for x in XS])
    same(torch._foreach_max(XS), [x.max() for x in XS])
    xs = copies()
    torch._foreach_copy_(xs, YS)
    same(xs, YS)
    torch._foreach_zero_(xs)
    same(xs, [torch.zeros_like(x) for x in XS])


def test_lists_are_as_long_as_each_other() -> None:
    with pytest.raises(RuntimeError, match="same number of tensors"):
        torch._foreach_add(XS, YS[:1])
    with pytest.raises(RuntimeError, match="at least one"):
        torch._foreach_neg([])
    with pytest.raises(TypeError, match="tuple of Tensors"):
        torch._foreach_neg(XS[0])
    with pytest.raises(RuntimeError, match="0 dim"):
        torch._foreach_mul(XS, XS[0])
