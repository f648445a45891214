import torch
from botorch.acquisition import LogExpectedImprovement, qExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Normalize, Standardize
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood

torch.manual_seed(0)
x = torch.rand(10, 2, dtype=torch.double) * 2
y = 1 - (x - 0.5).norm(dim=-1, keepdim=True)
gp = SingleTaskGP(x, y, input_transform=Normalize(d=2), outcome_transform=Standardize(m=1))
fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
print(gp.posterior(torch.full((1, 2), 0.7, dtype=torch.double)).mean.item())
bounds = torch.stack([torch.zeros(2), torch.ones(2)]).to(torch.double)
torch.manual_seed(1)
acq = LogExpectedImprovement(model=gp, best_f=y.max())
candidate, value = optimize_acqf(acq, bounds=bounds, q=1, num_restarts=3, raw_samples=16)
print(round(candidate.sum().item(), 2))
torch.manual_seed(1)
acq = qExpectedImprovement(gp, y.max())
print(acq(torch.full((2, 2), 0.4, dtype=torch.double)).item())
