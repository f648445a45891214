import torch
from laplace import Laplace
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(40, 3)
y = x.sum(1, keepdim=True).sin()
loader = DataLoader(TensorDataset(x, y), batch_size=10)
model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for a, b in loader:
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(a), b).backward()
    optimizer.step()
for subset, structure in (("last_layer", "full"), ("all", "diag"), ("all", "kron")):
    la = Laplace(model, "regression", subset_of_weights=subset, hessian_structure=structure)
    la.fit(loader)
    la.optimize_prior_precision()
    mean, variance = la(x[:3])
    print(subset, structure, mean.sum().item(), variance.sum().item(), la.log_marginal_likelihood().item())
