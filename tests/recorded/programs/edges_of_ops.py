"""Results where numbers are infinite, smallest or not there, and what calls with seldom arguments give."""

from typing import Any

INF, NAN = float("inf"), float("nan")


def complex_sums_with_infinities(s: Any) -> Any:
    t, answers = s.torch, []
    for dtype in (t.complex64, t.complex128):
        a = t.tensor([complex(INF, 1), complex(1, INF), complex(-INF, NAN), complex(2, 3)], dtype=dtype)
        b = t.tensor([complex(1, INF), complex(INF, -INF), complex(2, 1), complex(-1, 4)], dtype=dtype)
        for alpha in (1, 2, 0, -1, 1j):
            answers += [t.add(a, b, alpha=alpha), t.sub(a, b, alpha=alpha), t.rsub(a, b, alpha=alpha)]
        answers += [a + INF, a - 1.5, 1.5 - a, a.clone().add_(b, alpha=2), t.add(a.repeat(9)[::2], b.repeat(9)[::2])]
    return answers


def divisors_of_the_smallest_integers(s: Any) -> Any:
    t, answers = s.torch, []
    for dtype in (t.int8, t.int16, t.int32, t.int64):
        smallest = t.iinfo(dtype).min
        a = t.tensor([smallest, 6, smallest, smallest, smallest, smallest, 0, 5], dtype=dtype)
        b = t.tensor([6, smallest, smallest, -2, 1, 0, smallest, smallest], dtype=dtype)
        answers += [t.gcd(a, b), t.gcd(b, a), t.lcm(a, b), t.gcd(a.repeat(9), b.repeat(9)), t.gcd(a[::2], b[::2])]
    return answers


def thresholds_of_integers(s: Any) -> Any:
    t, answers = s.torch, []
    for dtype in (t.uint8, t.int8, t.int32, t.float16):
        x = t.tensor([0, 1, 2, 5, 100]).to(dtype)
        for bound, value in ((1, 5), (-1, 5), (1.5, 2.5), (1, -1), (-1, -1)):
            answers.append(s.F.threshold(x, bound, value))
        answers += [s.raised(lambda x=x: s.F.threshold(x, 300, 5)), s.raised(lambda x=x: s.F.threshold(x, 1, 1e10))]
    return answers


def products_that_are_not_computed(s: Any) -> Any:
    t = s.torch
    one, two, three = t.ones(1), t.ones(1, 1), t.ones(1, 1, 1)
    return [
        t.addmm(two, t.ones(1, 0), t.ones(0, 1), alpha=NAN, beta=0.2),
        t.baddbmm(three, t.ones(1, 1, 0), t.ones(1, 0, 1), alpha=NAN, beta=0.2),
        t.addmv(one, t.ones(1, 0), t.ones(0), alpha=NAN, beta=0.2),
        t.addbmm(two, t.ones(1, 1, 0), t.ones(1, 0, 1), alpha=NAN, beta=0.2),
        t.addmm(two, two * NAN, two, alpha=0),
        t.addmv(one, two * NAN, one, alpha=0),
        t.addbmm(two, three * NAN, three, alpha=0),
        t.baddbmm(three, three * NAN, three, alpha=0),
        t.addmm(two * NAN, two, two, beta=0),
    ]


def single_points_and_infinite_determinants(s: Any) -> Any:
    t = s.torch
    answers = [
        t.linspace(INF, 4, 1),
        t.logspace(INF, 4, 1),
        t.linspace(3, INF, 1),
        t.linspace(2.5, 9, 1, dtype=t.int64),
    ]
    for matrix in ([[INF]], [[-INF]], [[NAN]], [[INF, 1.0], [1.0, 2.0]], [[0.0]]):
        sign, logarithm = t.linalg.slogdet(t.tensor(matrix))
        answers += [sign, logarithm]
    many = t.linalg.slogdet(
        t.tensor([[[INF]], [[-INF]], [[NAN]], [[2.0]], [[-2.0]], [[0.0]], [[1.0]], [[3.0]], [[4.0]]])
    )
    return [*answers, *many]


def half_results_in_wider_outputs(s: Any) -> Any:
    t, answers = s.torch, []
    for dtype in (t.bfloat16, t.float16):
        x, y = t.tensor([0.3, 1.7, 2.9]).to(dtype), t.tensor([1.3, 0.7, -2.9]).to(dtype)
        for out in (t.float64, t.float32, t.complex64, t.float16, t.bfloat16):
            empty = lambda out=out: t.empty(0, dtype=out)  # noqa: E731
            answers += [t.mul(x, y, out=empty()), t.hypot(x, y, out=empty()) if not out.is_complex else None]
            answers += [t.addcmul(x, y, y, out=empty()), t.square(x, out=empty()), t.sqrt(x, out=empty())]
        answers += [t.mean(x, 0, out=t.empty(0, dtype=t.float64)), t.sum(x, 0, out=t.empty(0, dtype=t.float64))]
    return answers


def indices_that_go_round(s: Any) -> Any:
    t, x = s.torch, s.torch.arange(12.0).reshape(3, 4).requires_grad_()
    taken = t.take_along_dim(x, t.tensor([[-1, 4, -5]]), 1)
    (gradient,) = t.autograd.grad(taken.sum(), x)
    return [
        taken,
        gradient,
        t.take_along_dim(x, t.tensor([[-9, 7]]).expand(3, 2), -1),
        t.take_along_dim(x, t.tensor([3, 11])),
        t.take_along_dim(t.zeros(3, 0), t.zeros(3, 0, dtype=t.long), 1),
        t.vmap(lambda i: t.take_along_dim(x.detach(), i, 1))(t.tensor([[[-1, 5]], [[0, -6]]])),
        s.raised(lambda: t.take_along_dim(x, t.tensor([-1]))),
        s.raised(lambda: t.take_along_dim(x, t.tensor([12]))),
        s.raised(lambda: t.take_along_dim(t.zeros(3, 0), t.tensor([[0]]), 1)),
        s.raised(lambda: t.take_along_dim(t.tensor(3.0), t.tensor(0), 0)),
    ]


def integers_from_one_on(s: Any) -> Any:
    t, answers = s.torch, []
    dtypes = (t.uint8, t.int8, t.int16, t.int32, t.int64, t.float16, t.bfloat16, t.float32, t.float64)
    for dtype in dtypes:
        for low in (0, 5, -3):
            if low >= 0 or dtype != t.uint8:
                t.manual_seed(3)
                answers.append(t.zeros(5, dtype=dtype).random_(low, None))
    t.manual_seed(3)
    answers.append(t.zeros(9, dtype=t.bool).random_(0, None))
    answers.append([s.raised(lambda d=d: t.zeros(2, dtype=d).random_(2**40, None)) for d in dtypes[:7]])
    answers.append(s.raised(lambda: t.zeros(2, dtype=t.int64).random_(3, -(2**63))))
    return answers


def parts_that_are_no_views(s: Any) -> Any:
    t, answers = s.torch, []
    for cut in (
        lambda x: x.unsafe_split(3),
        lambda x: t.unsafe_split_with_sizes(x, [4, 6]),
        lambda x: t.unsafe_chunk(x, 3),
        lambda x: x.unsafe_chunk(3, dim=0),
    ):
        y = t.arange(10.0, requires_grad=True) * 1
        parts = cut(y)
        answers += [[p._is_view(), p._base is None, type(p.grad_fn).__name__, p.storage_offset()] for p in parts]
        parts[0].mul_(2)
        total = sum((part * k).sum() for k, part in enumerate(parts, 1))
        answers += [y.detach().clone(), y._version, [p._version for p in parts], t.autograd.grad(total, y)[0]]
    return answers


def numbers_out_of_what_is_filled(s: Any) -> Any:
    t, answers = s.torch, []
    for fill in (lambda a: a.fill_(a[2]), lambda a: a.index_fill_(0, t.tensor([0]), a[2])):
        a = t.arange(6.0)
        fill(a)
        answers.append(a)
    masks = t.tensor([True, False, True, True])
    answers.append(s.raised(lambda: masks[1:].masked_fill_(masks[:-1], False)))
    answers.append(masks.clone().masked_fill_(masks, False))
    return answers


def classes_of_errors(s: Any) -> Any:
    t, f = s.torch, s.F
    x, target = t.zeros(2, 3, 4, 5), t.zeros(2, 4, 5, dtype=t.long)
    q, q3, q2 = t.ones(2, 3, 4, 8), t.ones(3, 4, 8), t.ones(4, 8)
    attend = f.scaled_dot_product_attention
    calls = [
        lambda: f.nll_loss(x, target[:, :3]),
        lambda: f.cross_entropy(x, target[:, :3]),
        lambda: f.nll_loss(x, target[:1]),
        lambda: f.nll_loss(x, target.byte()),
        lambda: f.nll_loss(x.to(t.complex64), target),
        lambda: f.cross_entropy(t.zeros(2, 3, 4), t.zeros(2, dtype=t.long)),
        lambda: attend(q, q, q, t.ones(4).bool()),
        lambda: attend(q, q, q, t.tensor(True)),
        lambda: attend(q, q, q, t.ones(1, 2, 3, 4, 4).bool()),
        lambda: attend(q3, q3, q3, t.ones(2, 1, 4, 4)),
        lambda: attend(q2, q2, q2, t.ones(1, 4, 4)),
        lambda: attend(q, q, q, dropout_p=2.0),
        lambda: t.dropout(q2, 2.0, True),
        lambda: f.dropout(q2, 2.0),
    ]
    masks = [attend(q3, q3, q3, t.ones(*shape).bool()).shape for shape in ((4,), (4, 4), (1, 4, 4), (3, 1, 4))]
    return [[s.raised(call) for call in calls], [list(shape) for shape in masks]]


def gradients_of_complex_factors(s: Any) -> Any:
    t = s.torch
    a = t.tensor([[3, 1 + 1j, 0.5j], [1 - 1j, 4, 0.2], [-0.5j, 0.2, 2]], dtype=t.complex128)
    weight = t.complex((t.arange(9.0).double() * 1.3).sin(), (t.arange(9.0).double() * 0.7).cos()).reshape(3, 3)
    answers: list[Any] = []
    for upper in (False, True):
        x = a.clone().requires_grad_()
        factor = t.linalg.cholesky(x, upper=upper)
        (gradient,) = t.autograd.grad((factor * weight).sum().real, x, create_graph=True)
        answers += [factor, gradient, t.autograd.grad((gradient * weight).sum().real, x)[0]]
        answers.append(t.func.jvp(lambda x, u=upper: t.linalg.cholesky(x, upper=u), (a,), (weight + weight.mH,))[1])
    return answers


def zeros_in_sparse_outputs(s: Any) -> Any:
    t = s.torch
    answers: list[Any] = []
    for make in (lambda: t.eye(2).to_sparse(), lambda: t.eye(2).to_sparse_csr()):
        for size in ((2, 3), (2, 2), (2, 2, 2)):
            out = make()
            answers.append([t.zeros(size, out=out) is out, list(out.shape), out._nnz(), out.to_dense().sum()])
        calls = (
            lambda o: t.zeros(2, 3, out=o, dtype=t.float64),
            lambda o: t.zeros(2, 3, out=o, layout=t.strided),
            lambda o: t.zeros(3, out=o).shape,
        )
        answers += [s.raised(lambda c=call, m=make: c(m())) for call in calls]
    answers.append(s.raised(lambda: t.ones(2, out=t.eye(2).to_sparse())))
    return [*answers, t.zeros(3, out=t.eye(2).to_sparse()).sparse_dim(), t.empty(2, 3, out=t.eye(2).to_sparse())._nnz()]


def orders_of_complex_numbers(s: Any) -> Any:
    t = s.torch
    x = t.ones(3, dtype=t.complex64)
    calls = [
        lambda: x.sort(),
        lambda: x.topk(1),
        lambda: x.argmax(),
        lambda: x.max(0),
        lambda: x.aminmax(),
        lambda: x.isneginf(),
        lambda: x.deg2rad(),
        lambda: x.nansum(),
    ]
    return [s.raised(call) for call in calls]


def results_of_nothing_reduced(s: Any) -> Any:
    t, x = s.torch, s.torch.arange(6.0).reshape(2, 3).requires_grad_()
    answers: list[Any] = [t.vmap(lambda row: t.logsumexp(row, ()))(x.detach())]
    answers += [x.view(x.dtype).requires_grad, t.logspace(1.5, 2, 1, 5.0, dtype=t.int16)]
    return answers


def tangents_of_unsymmetric_matrices(s: Any) -> Any:
    t = s.torch
    a, tangent = t.tensor([[4.0, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]]), t.arange(9.0).reshape(3, 3).sin()
    return [t.func.jvp(lambda x, u=u: t.linalg.cholesky(x, upper=u), (a,), (tangent,))[1] for u in (False, True)]


def named_results_in_out(s: Any) -> Any:
    t = s.torch
    x = t.tensor([[3.0, 1.0], [2.0, 5.0], [4.0, 0.0]], dtype=t.float64)
    square = x.mT @ x
    calls = {
        "max": lambda out: t.max(x, 0, out=out),
        "min": lambda out: t.min(x, 1, True, out=out),
        "median": lambda out: t.median(x, 0, out=out),
        "mode": lambda out: t.mode(x, 0, out=out),
        "kthvalue": lambda out: t.kthvalue(x, 1, 0, out=out),
        "sort": lambda out: t.sort(x, 0, out=out),
        "topk": lambda out: t.topk(x, 1, out=out),
        "cummax": lambda out: t.cummax(x, 0, out=out),
    }
    answers = []
    for name, call in calls.items():
        values, indices = t.empty(0, dtype=t.float64), t.empty(0, dtype=t.int64)
        result = call((values, indices))
        answers += [
            name,
            result.values is values,
            result.indices is indices,
            result.values,
            result.indices,
            len(result),
        ]
    q, r = t.empty(0, dtype=t.float64), t.empty(0, dtype=t.float64)
    result = t.linalg.qr(square, out=(q, r))
    low, high = t.empty(0, dtype=t.float64), t.empty(0, dtype=t.float64)
    bounds = t.aminmax(x, dim=0, out=(low, high))
    return [*answers, result.Q is q, result.R is r, bounds.min is low, bounds.max is high, low, high]
