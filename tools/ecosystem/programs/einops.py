import torch
from einops import rearrange, reduce
from einops.layers.torch import Rearrange, Reduce

torch.manual_seed(0)
x = torch.randn(2, 3, 4, 4)
net = torch.nn.Sequential(Rearrange("b c (h p) (w q) -> b (h w) (c p q)", p=2, q=2), torch.nn.Linear(12, 5))
y = Reduce("b n d -> b d", "mean")(net(x))
print(y.sum().item(), reduce(x, "b c h w -> c", "max").sum().item(), rearrange(x, "b c h w -> (b h) w c").shape)
