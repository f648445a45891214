import torch
from qpth.qp import QPFunction

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
n, m, p = 4, 6, 1
L = torch.randn(n, n)
Q = (L @ L.T + 0.1 * torch.eye(n)).requires_grad_()
q = torch.randn(3, n, requires_grad=True)
G = torch.randn(m, n).requires_grad_()
h = torch.ones(m).requires_grad_()
A = torch.randn(p, n).requires_grad_()
b = torch.zeros(p).requires_grad_()
z = QPFunction(verbose=-1)(Q, q, G, h, A, b)
z.pow(2).sum().backward()
print(z, Q.grad.sum(), q.grad, G.grad.norm(), h.grad, A.grad, b.grad)
e = torch.Tensor().double()
print(QPFunction(verbose=-1)(Q.detach(), q.detach(), G.detach(), h.detach(), e, e))
print(
    torch.autograd.gradcheck(
        lambda q: QPFunction(verbose=-1, eps=1e-12)(Q.detach(), q, G.detach(), h.detach(), e, e),
        (q,),
        atol=1e-3,
        rtol=1e-2,
    )
)
