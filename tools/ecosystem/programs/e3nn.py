import torch
from e3nn import nn, o3

torch.manual_seed(0)
x = o3.Irreps("2x0e+1x1o")
product = o3.FullyConnectedTensorProduct(x, "1x0e+1x1o", "2x0e+2x1o")
a, b = x.randn(3, -1), o3.Irreps("1x0e+1x1o").randn(3, -1)
y = product(a, b)
y.square().sum().backward()
print(y.sum().item(), product.weight.grad.sum().item())
print(o3.spherical_harmonics([0, 1, 2], torch.randn(4, 3), True).sum().item(), o3.Linear(x, x)(a).sum().item())
print(nn.BatchNorm(x)(a).sum().item(), o3.wigner_3j(1, 1, 2).abs().sum().item(), o3.rand_matrix(2).shape)
