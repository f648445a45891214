import einx
import torch

torch.manual_seed(0)
x = torch.rand(2, 3, 4, requires_grad=True)
w = torch.rand(4, 5)
print(einx.sum("a [b] c", x).sum().item(), einx.mean("a (b [c])", x.flatten(1), c=4).sum().item())
y = einx.dot("a b [c], [c] d -> a b d", x, w)
y.square().sum().backward()
print(tuple(y.shape), x.grad.sum().item())
print(einx.softmax("a b [c]", x).max().item(), einx.add("a b c, c", x, w[:, 0]).sum().item())
print(
    einx.id("a (b c) d -> b a (c d)", x[:, :2], b=2).shape,
    einx.where("a, b, -> a b", x[:, 0, 0] > 0.5, w[:, 0], 0.25).sum().item(),
)
