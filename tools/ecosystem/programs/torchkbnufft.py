import math

import torch
import torchkbnufft as tkbn

torch.manual_seed(0)
k = torch.rand(2, 50) * 2 * math.pi - math.pi
im = torch.randn(1, 1, 16, 16, dtype=torch.complex64, requires_grad=True)
f = tkbn.KbNufft(im_size=(16, 16))
a = tkbn.KbNufftAdjoint(im_size=(16, 16))
d = f(im, k)
print(d.abs().norm().item())
d.abs().sum().backward()
print(im.grad.abs().norm().item())
print(a(d.detach(), k).abs().norm().item())
sm = torch.randn(1, 4, 16, 16, dtype=torch.complex64)
print(f(im.detach(), k, smaps=sm).abs().norm().item())
t = tkbn.ToepNufft()
kern = tkbn.calc_toeplitz_kernel(k, (16, 16))
print(t(im.detach(), kern).abs().norm().item())
print(tkbn.calc_density_compensation_function(k, (16, 16)).abs().norm().item())
sp = tkbn.calc_tensor_spmatrix(k, (16, 16))
print(f(im.detach(), k, sp).abs().norm().item())
