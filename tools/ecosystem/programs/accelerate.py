import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
accelerator = Accelerator(cpu=True)
x = torch.randn(40, 4)
data = DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), batch_size=10)
net = nn.Linear(4, 2)
optimizer = torch.optim.AdamW(net.parameters(), lr=0.05)
net, optimizer, data = accelerator.prepare(net, optimizer, data)
for _ in range(3):
    for inputs, target in data:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), target)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
print(loss.item(), accelerator.device, accelerator.num_processes)
