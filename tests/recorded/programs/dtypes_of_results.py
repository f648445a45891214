"""Dtypes and strides of results of operands that differ in them."""

from typing import Any


def _numbers(s: Any, *shape: int) -> Any:
    count = 1
    for n in shape:
        count *= n
    return (s.torch.arange(count, dtype=s.torch.float64) * 1.7).cos().reshape(shape)


def numbers_shared_by_samples(s: Any) -> Any:
    """A tensor of no dimension that all samples share counts for less where dtypes are promoted."""
    t, answers = s.torch, []
    x = _numbers(s, 2, 3).float()
    shared = t.tensor(2.0, dtype=t.float64)
    functions = [
        lambda z: z * shared,
        lambda z: shared - z,
        lambda z: z / shared,
        lambda z: z.pow(shared),
        lambda z: t.maximum(z, shared),
        lambda z: t.where(z > 0, z, shared),
        lambda z: t.where(shared > 0, z, shared),
        lambda z: t.atan2(z, shared),
        lambda z: t.addcmul(z, z, shared),
        lambda z: z.clamp(min=shared),
        lambda z: z == shared,
        lambda z: z.long() * shared,
        lambda z: z.half() + shared,
        lambda z: z[0] * shared,
        lambda z: z[0] * t.ones(2, dtype=t.float16),
        lambda z: (z > 0) * shared,
        lambda z: (z > 0) * t.tensor(3),
        lambda z: z * t.tensor(1j),
        lambda z: z + t.tensor(True),
    ]
    for function in functions:
        answers += [t.vmap(function)(x), t.vmap(function, in_dims=1)(x), t.vmap(t.vmap(function))(x.expand(2, 2, 3))]
    return answers


def huber_losses(s: Any) -> Any:
    t, answers = s.torch, []
    dtypes = (t.float16, t.bfloat16, t.float32, t.float64, t.int64)
    for a in dtypes:
        for b in dtypes:
            x, y = (_numbers(s, 3) * 3).to(a), (_numbers(s, 2, 3) * 2).to(b)
            for reduction in ("none", "mean"):
                answers.append([str(a), str(b), s.raised(lambda x=x, y=y: s.F.huber_loss(x, y))])
                if answers[-1][2] == "nothing":
                    answers.append(s.F.huber_loss(x, y, reduction=reduction))
    return answers


def einsums_without_contraction(s: Any) -> Any:
    t, answers = s.torch, []
    equations = {
        "i,j->ij": [(2,), (3,)],
        "i,j->ji": [(2,), (3,)],
        "ij,j,l->lij": [(2, 3), (3,), (4,)],
        "kl,jk->jkl": [(1, 4), (3, 1)],
        "ij,ij->ji": [(2, 3), (2, 3)],
        "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)],
        "bij,bjk->kib": [(2, 3, 4), (2, 4, 5)],
        "ij,jk->ki": [(2, 3), (3, 4)],
        "...ij,...jk": [(2, 1, 3, 4), (3, 4, 2)],
        "ij,jk,kl->il": [(2, 3), (3, 4), (4, 2)],
        "ii,i->i": [(3, 3), (3,)],
        "ij,k->": [(2, 3), (4,)],
        "ij,kj->ik": [(2, 1), (3, 4)],
        "ij,ij->": [(2, 3), (2, 3)],
        "ij,ij->i": [(2, 1), (1, 3)],
        "lji,kj,ki->lk": [(2, 3, 4), (5, 3), (5, 4)],
    }
    for equation, shapes in equations.items():
        xs = [_numbers(s, *shape).requires_grad_() for shape in shapes]
        y = t.einsum(equation, *xs)
        grads = t.autograd.grad(y, xs, _numbers(s, *y.shape), create_graph=True)
        answers.append([equation, y, y.stride() if list(equations).index(equation) < 5 else None, *grads])
    mixed = [
        t.einsum("i,j->ij", _numbers(s, 2), _numbers(s, 3).float()),
        t.einsum("i,i->i", t.arange(3), _numbers(s, 3)),
    ]
    return [*answers, *mixed, s.raised(lambda: t.einsum("i,i->", t.arange(3), _numbers(s, 3)))]


def masks_of_four_dimensions(s: Any) -> Any:
    t, answers = s.torch, []
    q = _numbers(s, 2, 3, 4)
    for mask in (
        _numbers(s, 1, 1, 3, 3),
        _numbers(s, 1, 2, 3, 3),
        t.ones(1, 1, 3, 3, dtype=t.bool).tril(),
        t.ones(1, 2, 1, 3),
    ):
        mask = mask if mask.dtype == t.bool else mask.to(q.dtype)
        x = q.clone().requires_grad_()
        y = s.F.scaled_dot_product_attention(x, q, q, attn_mask=mask)
        answers += [y, *t.autograd.grad(y.sum(), x)]
    return [
        *answers,
        s.raised(lambda: s.F.scaled_dot_product_attention(q, q, q, attn_mask=t.zeros(2, 1, 3, 3, dtype=q.dtype))),
    ]
