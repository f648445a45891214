import lpips
import torch

torch.manual_seed(0)
net = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
a, b = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64, requires_grad=True)
d = net(a, b)
d.sum().backward()
print(d.item(), b.grad.abs().sum().item())
