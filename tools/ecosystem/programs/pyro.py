import pyro
import pyro.distributions as dist
import torch
from pyro.infer import MCMC, NUTS, SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam

pyro.set_rng_seed(0)
data = torch.tensor([1.0, 0.8, 1.3, 0.9])


def model(data):
    mu = pyro.sample("mu", dist.Normal(0.0, 2.0))
    with pyro.plate("data", len(data)):
        pyro.sample("x", dist.Normal(mu, 1.0), obs=data)


guide = AutoNormal(model)
svi = SVI(model, guide, Adam({"lr": 0.05}), Trace_ELBO())
losses = [svi.step(data) for _ in range(20)]
print(losses[-1], guide.median()["mu"].item())
pyro.clear_param_store()
mcmc = MCMC(NUTS(model), num_samples=10, warmup_steps=5, disable_progbar=True)
mcmc.run(data)
print(mcmc.get_samples()["mu"].shape, mcmc.get_samples()["mu"].mean().item())
