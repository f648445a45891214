import torch
from einconv.expressions import convNd_forward, convNd_kfc

torch.manual_seed(0)
x = torch.randn(2, 4, 6, 6)
w = torch.randn(3, 4, 2, 2)
eq, ops, sh = convNd_forward.einsum_expression(x, w, stride=2, padding=1, dilation=1, groups=1)
r = torch.einsum(eq, *ops).reshape(sh)
print(torch.allclose(r, torch.nn.functional.conv2d(x, w, stride=2, padding=1), atol=1e-5))
eq, ops, sh = convNd_kfc.einsum_expression(x, 2, stride=2, padding=1, dilation=1, groups=1)
print(torch.einsum(eq, *ops).reshape(sh).norm().item())
