import torch
import zuko

torch.manual_seed(0)
flow = zuko.flows.NSF(2, 1, transforms=2, hidden_features=(8,))
x, c = torch.randn(16, 2), torch.randn(16, 1)
loss = -flow(c).log_prob(x).mean()
loss.backward()
print(loss.item(), sum(p.grad.abs().sum().item() for p in flow.parameters()))
