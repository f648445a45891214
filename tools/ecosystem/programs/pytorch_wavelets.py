# ruff: noqa: E741
import torch
from pytorch_wavelets import DTCWTForward, DTCWTInverse, DWT1DForward, DWT1DInverse, DWTForward, DWTInverse, ScatLayer

torch.manual_seed(0)
x = torch.randn(2, 3, 16, 16, requires_grad=True)
f = DWTForward(J=2, wave="db2", mode="zero")
i = DWTInverse(wave="db2", mode="zero")
yl, yh = f(x)
print(yl.shape, [h.shape for h in yh], (i((yl, yh)) - x).abs().max().item() < 1e-5)
(yl.pow(2).sum() + yh[0].abs().sum()).backward()
print(x.grad.norm().item())
x.grad = None
f = DTCWTForward(J=3, biort="near_sym_b", qshift="qshift_b")
i = DTCWTInverse(biort="near_sym_b", qshift="qshift_b")
yl, yh = f(x)
print(yl.norm().item(), [h.norm().item() for h in yh], (i((yl, yh)) - x).abs().max().item() < 1e-4)
yh[1].pow(2).sum().backward()
print(x.grad.norm().item())
print(ScatLayer()(x).norm().item())
y = torch.randn(2, 3, 20)
l, h = DWT1DForward(J=2, wave="haar")(y)
print(l.norm().item(), (DWT1DInverse(wave="haar")((l, h)) - y).abs().max().item() < 1e-5)
