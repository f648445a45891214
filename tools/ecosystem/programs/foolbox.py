import foolbox
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).eval()
model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
images, labels = torch.rand(4, 3, 2, 2), torch.tensor([0, 1, 2, 0])
raw, clipped, success = foolbox.attacks.LinfPGD(steps=5, random_start=False)(model, images, labels, epsilons=0.1)
print(clipped.sum().item(), success.sum().item())
