import torch
from captum.attr import IntegratedGradients, LayerConductance, Occlusion, Saliency
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
x = torch.randn(3, 4)
attributions, delta = IntegratedGradients(net).attribute(x, target=1, return_convergence_delta=True)
print(attributions.sum().item(), delta.abs().max().item())
print(Saliency(net).attribute(x, target=0).sum().item())
print(Occlusion(net).attribute(x, sliding_window_shapes=(1,), target=0).sum().item())
print(LayerConductance(net, net[0]).attribute(x, target=1).sum().item())
