"""Compare derivatives that backward computes with finite differences.

For a function of real numbers the numerical Jacobian has the columns ``(f(x + eps e_i) - f(x - eps e_i)) / (2 eps)``.
Complex inputs and outputs are taken as pairs of real numbers: the gradient that backward returns for a complex input is
``dL/dRe + i dL/dIm``, so every entry of both Jacobians is a real derivative. The fast mode compares the two sides of
``u^T J v`` for random ``u`` and ``v``.

What compares is in a module of its own, which is loaded at the first check: this one is part of every import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd import grad as _grad

Tensor = _C.Tensor
Function = Callable[..., Any]

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """The derivatives do not agree."""


def gradcheck(
    func: Function,
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Check gradients of ``func`` at ``inputs`` against finite differences.

    Args:
        func: Takes the inputs, returns a tensor or a tuple of tensors.
        inputs: Where to check; the tensors that require gradients should be float64 or complex128.
        eps: Step of the differences.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        raise_exception: Raise GradcheckError instead of returning False.
        nondet_tol: By how much two walks over the same graph may differ.
        check_undefined_grad: Check that absent gradients of outputs are treated as zeros.
        check_grad_dtypes: Check that gradients have the dtype of their input.
        check_batched_grad: Check gradients of several weights at once (``is_grads_batched``).
        check_batched_forward_grad: Check tangents of several directions at once; needs ``check_forward_ad``.
        check_forward_ad: Check the derivatives that forward mode computes.
        check_backward_ad: Check gradients by backward.
        fast_mode: Compare one random product with the Jacobians instead of all entries.
        masked: What sparse inputs do not store is no variable; otherwise all their elements are.

    Raises:
        GradcheckError: They do not agree (a RuntimeError).
        ValueError: No input requires gradients.
        AssertionError: Neither backward nor forward mode is to be checked, or batches without it.
    """
    from ferrotorch.autograd import _gradcheck_backward as checks
    from ferrotorch.autograd._gradcheck_sparse import by_values

    settings = checks.Settings(
        eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, check_batched_grad,
        check_batched_forward_grad, check_forward_ad, check_backward_ad, fast_mode,
    )  # fmt: skip
    checks._require_modes(settings)
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checks._require_inputs(given)
    func, given = by_values(func, given, bool(masked))
    try:
        checks._check(func, given, settings)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Function,
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check second derivatives: `gradcheck` of the gradients of ``func`` by its inputs and the outputs' weights.

    Args:
        grad_outputs: Weights of the outputs; random ones if left out.
        gen_non_contig_grad_outputs: Make the random weights non-contiguous.
        check_fwd_over_rev: Check forward mode of backward.
        check_rev_over_rev: Check backward of backward.

    The other arguments and errors are those of `gradcheck`.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    from ferrotorch.autograd import _gradcheck_backward as checks

    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    outputs = checks._differentiable(func(*given))
    weights = checks._weights(outputs, grad_outputs, gen_non_contig_grad_outputs)
    chosen = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]

    def gradients(*args: Any) -> tuple[Tensor, ...]:
        points, seeds = args[: len(given)], args[len(given) :]
        points = tuple(checks._point(p) if i in chosen else p for i, p in enumerate(points))
        results = checks._differentiable(func(*points))
        # All of them: which can be differentiated differs between backward and forward mode.
        return tuple(
            _grad(
                results,
                [points[i] for i in chosen],
                seeds,
                create_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        )

    return gradcheck(
        gradients, given + weights, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev, fast_mode=fast_mode, masked=masked,
    )  # fmt: skip
