# ruff: noqa: E741
import torch
from sbi.inference import NLE, NPE, NRE
from sbi.utils import BoxUniform

torch.manual_seed(0)
prior = BoxUniform(-2 * torch.ones(2), 2 * torch.ones(2))
th = prior.sample((150,))
x = th + 0.1 * torch.randn_like(th)
for I, kw in (
    (NPE, {"density_estimator": "maf"}),
    (NPE, {"density_estimator": "mdn"}),
    (NPE, {"density_estimator": "nsf"}),
):
    inf = I(prior, show_progress_bars=False, **kw)
    inf.append_simulations(th, x)
    de = inf.train(max_num_epochs=3, training_batch_size=50)
    post = inf.build_posterior()
    s = post.sample((20,), x=torch.zeros(2), show_progress_bars=False)
    print(
        kw,
        s.shape,
        round(inf.summary["training_loss"][-1], 3),
        torch.isfinite(post.log_prob(s, x=torch.zeros(2))).all().item(),
    )
inf = NLE(prior, show_progress_bars=False)
inf.append_simulations(th, x).train(max_num_epochs=2)
p = inf.build_posterior(
    mcmc_method="slice_np_vectorized", mcmc_parameters={"num_chains": 2, "warmup_steps": 3, "thin": 1}
)
print(p.sample((4,), x=torch.zeros(2), show_progress_bars=False).shape, round(inf.summary["training_loss"][-1], 3))
inf = NRE(prior, show_progress_bars=False)
inf.append_simulations(th, x).train(max_num_epochs=2)
print(round(inf.summary["training_loss"][-1], 3))
