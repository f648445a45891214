# ruff: noqa: E741
import cvxpy as cp
import torch
from cvxpylayers.torch import CvxpyLayer

n, m = 2, 3
x = cp.Variable(n)
A = cp.Parameter((m, n))
b = cp.Parameter(m)
p = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(A @ x - b) + 0.1 * cp.norm1(x)), [x >= 0])
L = CvxpyLayer(p, parameters=[A, b], variables=[x])
torch.manual_seed(0)
a = torch.randn(m, n, requires_grad=True, dtype=torch.float64)
bb = torch.randn(m, requires_grad=True, dtype=torch.float64)
(s,) = L(a, bb)
s.sum().backward()
print(s.detach().numpy().round(3), a.grad.numpy().round(3), bb.grad.numpy().round(3))
o = torch.optim.SGD([a, bb], 0.1)
for _ in range(3):
    (s,) = L(a, bb)
    l = (s - 1).pow(2).sum()
    o.zero_grad()
    l.backward()
    o.step()
    print(round(l.item(), 3))
(s,) = L(torch.randn(4, m, n), torch.randn(4, m))
print(s.shape)
