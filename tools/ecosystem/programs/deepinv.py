import deepinv
import torch

torch.manual_seed(0)
x = torch.rand(1, 1, 16, 16)
physics = deepinv.physics.Inpainting((1, 16, 16), mask=0.6, noise_model=deepinv.physics.GaussianNoise(0.05))
y = physics(x)
print(y.sum().item(), physics.A_adjoint(y).sum().item(), physics.A_dagger(y).sum().item())
prior, fidelity = deepinv.optim.TVPrior(n_it_max=5), deepinv.optim.L2()
model = deepinv.optim.optim_builder(
    "PGD", prior=prior, data_fidelity=fidelity, max_iter=4, params_algo={"stepsize": 1.0, "lambda": 0.05}
)
print(model(y, physics).sum().item(), deepinv.metric.PSNR()(model(y, physics), x).item())
blur = deepinv.physics.Blur(filter=deepinv.physics.blur.gaussian_blur(sigma=(1, 1)), padding="circular")
print(blur(x).sum().item(), blur.adjointness_test(x).item() < 1e-4)
net = deepinv.models.DRUNet(in_channels=1, out_channels=1, pretrained=None, nc=(4, 4, 4, 4), nb=1)
print(net(x, 0.1).shape)
