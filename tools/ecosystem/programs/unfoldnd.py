import torch
import unfoldNd

torch.manual_seed(0)
x = torch.randn(2, 3, 5, 6, 7, requires_grad=True)
u = unfoldNd.UnfoldNd(2, padding=1, stride=2)(x)
print(u.shape, u.norm().item())
u.pow(2).sum().backward()
print(x.grad.norm().item())
f = unfoldNd.FoldNd((4, 4), 2)(torch.randn(2, 12, 9))
print(f.norm().item())
print(unfoldNd.UnfoldTransposeNd(3, stride=2)(torch.randn(2, 3, 5)).norm().item())
