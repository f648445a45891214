import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
net = torch.nn.Linear(4, 2)
data = DataLoader(TensorDataset(torch.randn(32, 4), torch.randint(2, (32,))), batch_size=8)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net, optimizer, data = PrivacyEngine().make_private(
    module=net, optimizer=optimizer, data_loader=data, noise_multiplier=0.0, max_grad_norm=1.0, poisson_sampling=False
)
for x, y in data:
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
