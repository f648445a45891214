import normflows as nf
import torch

torch.manual_seed(0)
base = nf.distributions.base.DiagGaussian(2)
flows = []
for _ in range(3):
    flows += [
        nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 8, 8, 2], init_zeros=True)),
        nf.flows.Permute(2, mode="swap"),
    ]
model = nf.NormalizingFlow(base, flows)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
x = torch.randn(32, 2) * 2 + 1
for _ in range(5):
    optimizer.zero_grad()
    loss = model.forward_kld(x)
    loss.backward()
    optimizer.step()
print(loss.item(), model.sample(4)[0].shape, model.log_prob(x).sum().item())
