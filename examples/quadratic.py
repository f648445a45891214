"""Minimise a quadratic with first derivatives (SGD) and with second derivatives (one Newton step)."""

import ferrotorch as torch


def f(x: torch.Tensor) -> torch.Tensor:
    """a x^2 + b x + c with its minimum of 0 at x = 1."""
    return 1.0 * x**2 - 2.0 * x + 1.0


def by_gradient_descent() -> torch.Tensor:
    """Follow the first derivative downhill."""
    x = torch.tensor(0.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    return x.detach()


def by_newton() -> torch.Tensor:
    """For a quadratic, one step by the second derivative is exact."""
    x = torch.tensor(0.0, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    return (x - slope / curvature).detach()


if __name__ == "__main__":
    x = torch.tensor(0.0, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    print(f"f'(0) = {slope.item()}, f''(0) = {curvature.item()}")
    for name, x in [("gradient descent", by_gradient_descent()), ("Newton", by_newton())]:
        print(f"{name}: minimum at x = {x.item():.6f}, f(x) = {f(x).item():.2e}")
