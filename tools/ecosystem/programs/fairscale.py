import torch
from fairscale.nn import checkpoint_wrapper
from fairscale.nn.misc import FlattenParamsWrapper
from fairscale.optim import AdaScale

torch.manual_seed(0)
x = torch.rand(4, 6)
model = torch.nn.Sequential(checkpoint_wrapper(torch.nn.Linear(6, 6)), torch.nn.ReLU(), torch.nn.Linear(6, 2))
optimizer = AdaScale(torch.optim.SGD(model.parameters(), lr=0.1), num_gradients_to_accumulate=2, world_size=1)
for _ in range(3):
    optimizer.zero_grad()
    for part in x.split(2):
        loss = model(part).square().mean()
        loss.backward()
    optimizer.step()
    print(loss.item(), optimizer.gain())
flat = FlattenParamsWrapper(torch.nn.Linear(6, 2))
flat(x).sum().backward()
print([tuple(p.shape) for p in flat.parameters()], flat.flat_param.grad.sum().item())
