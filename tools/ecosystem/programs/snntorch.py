import snntorch
import torch

torch.manual_seed(0)
layer, neuron = torch.nn.Linear(4, 3), snntorch.Leaky(beta=0.9)
state, total = neuron.init_leaky(), 0
for _ in range(5):
    spikes, state = neuron(layer(torch.rand(2, 4)), state)
    total = total + spikes.sum() + state.sum()
total.backward()
print(total.item(), layer.weight.grad.abs().sum().item())
