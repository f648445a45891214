"""Derivatives that are checked at sparse inputs, and what a backward pass calls at its end."""

from typing import Any

LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")


def _sparse(space: Any, layout: str) -> Any:
    x = space.torch.eye(4, dtype=space.torch.float64)
    x[0, 1] = 0.5
    blocksize = (2, 2) if layout in ("sparse_bsr", "sparse_bsc") else None
    return x.to_sparse(layout=getattr(space.torch, layout), blocksize=blocksize).requires_grad_()


def gradchecks_at_sparse_inputs(space: Any) -> Any:
    check = space.torch.autograd.gradcheck
    return [
        check(lambda x: x.to_dense(masked_grad=masked) ** 2, _sparse(space, layout), masked=masked, fast_mode=fast)  # noqa: B023
        for layout in LAYOUTS
        for masked in (False, True)
        for fast in (False, True)
    ]


def gradchecks_at_two_kinds_of_inputs(space: Any) -> Any:
    torch, check = space.torch, space.torch.autograd.gradcheck
    dense = space.T(4).requires_grad_()
    hybrid = space.T(2, 3, 2).to_sparse(1).requires_grad_()
    return [
        check(lambda x, y: x.to_dense(masked_grad=True) * y, (_sparse(space, "sparse_csr"), dense), masked=True),
        check(lambda x: (x * x).to_dense(masked_grad=False), (hybrid,), masked=False),
        check(lambda x: torch.sparse.mm(x, x).to_dense(masked_grad=True), _sparse(space, "sparse_coo"), masked=True),
    ]


def gradchecks_that_fail_at_sparse_inputs(space: Any) -> Any:
    torch = space.torch

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.to_dense()

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return (grad * 2).to_sparse()

    x = _sparse(space, "sparse_coo")
    return [
        torch.autograd.gradcheck(Doubled.apply, x, masked=True, raise_exception=False),
        space.said(lambda: torch.autograd.gradcheck(lambda x: x * 2, x, masked=True)),
    ]


def calls_at_the_end_of_a_pass(space: Any) -> Any:
    torch = space.torch
    queue, calls = torch.autograd.Variable._execution_engine.queue_callback, []

    def first() -> None:
        calls.append("first")
        queue(lambda: (calls.append("queued"), queue(lambda: calls.append("queued by it"))))

    def hook(grad: Any) -> None:
        queue(first)
        queue(lambda: calls.append("second"))

    x = torch.ones(2, requires_grad=True)
    y = (x * 2).sum()
    x.register_hook(hook)
    y.backward()
    return [calls, space.said(lambda: queue(first))]


def nothing_to_differentiate_by(space: Any) -> Any:
    torch = space.torch
    y = torch.ones(2, requires_grad=True).sum()
    return [
        space.said(lambda: torch.autograd.grad(y, [])),
        space.said(torch.chain_matmul),
        torch.chain_matmul(space.T(2, 3)),
    ]


def sparse_gradients_are_unscaled(space: Any) -> Any:
    torch, found = space.torch, []
    for dtype in (torch.float32, torch.float16):
        for values in ([1.0, 2.0], [float("inf"), 1.0], [40000.0, 40000.0]):
            for places in ([[0, 0]], [[0, 2]]):
                p = torch.nn.Parameter(torch.ones(3, dtype=dtype))
                p.grad = torch.sparse_coo_tensor(places, torch.tensor(values, dtype=dtype), (3,))
                scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
                scaler.scale(torch.ones(1))
                by_device = scaler._unscale_grads_(
                    torch.optim.SGD([p], lr=1.0), torch.full((), 0.5), torch.zeros(()), True
                )
                found.append([p.grad.to_dense(), p.grad.is_coalesced(), list(by_device.values())])
    return found


def storages_over_files(space: Any) -> Any:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbers"
        path.write_bytes(bytes(range(16)))
        numbers = space.torch.IntStorage.from_file(str(path), True, 4)
        before = numbers.tolist()
        numbers[1] = 5
        return [before, list(path.read_bytes()), space.torch.DoubleStorage.from_file(str(path), False, 2).tolist()]


def gradchecks_at_views_that_became_leaves(space: Any) -> Any:
    torch = space.torch
    with torch.no_grad():
        conjugate = torch.complex(space.T(3), space.P(3)).requires_grad_().conj()
        part = space.T(4).requires_grad_()[1:]
    conjugate.requires_grad_()
    part.requires_grad_()
    checks = (torch.autograd.gradcheck, torch.autograd.gradgradcheck)
    return [check(f, x) for check in checks for f, x in ((torch.sin, part), (lambda x: torch.dot(x, x), conjugate))]
