import torch
from demucs.demucs import Demucs

torch.manual_seed(0)
net = Demucs(["a", "b"], channels=4, depth=3, lstm_layers=1, audio_channels=1).eval()
x = torch.randn(1, 1, 4000)
y = net(x)
y.square().mean().backward()
print(y.shape, y.sum().item(), net.encoder[0][0].weight.grad.abs().sum().item())
