import torch
from nflows import distributions, flows, transforms

torch.manual_seed(0)
steps = []
for _ in range(2):
    steps += [transforms.ReversePermutation(2), transforms.MaskedAffineAutoregressiveTransform(2, 4)]
flow = flows.Flow(transforms.CompositeTransform(steps), distributions.StandardNormal([2]))
optimizer = torch.optim.Adam(flow.parameters(), lr=0.01)
x = torch.randn(32, 2) * 2
for _ in range(5):
    optimizer.zero_grad()
    loss = -flow.log_prob(x).mean()
    loss.backward()
    optimizer.step()
print(loss.item())
