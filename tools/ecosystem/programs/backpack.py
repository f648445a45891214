import torch
from backpack import backpack, extend
from backpack.extensions import KFAC, BatchGrad, BatchL2Grad, DiagGGNExact, DiagHessian, SumGradSquared, Variance

torch.manual_seed(0)
x, y = torch.randn(8, 1, 6, 6), torch.randint(0, 3, (8,))
net = extend(
    torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.Sigmoid(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    )
)
criterion = extend(torch.nn.CrossEntropyLoss())
loss = criterion(net(x), y)
with backpack(BatchGrad(), Variance(), SumGradSquared(), BatchL2Grad(), DiagGGNExact(), KFAC(mc_samples=1)):
    loss.backward()
for name, parameter in net.named_parameters():
    print(name, parameter.grad.norm().item(), parameter.grad_batch.norm().item(), parameter.variance.norm().item())
    print(parameter.sum_grad_squared.norm().item(), parameter.batch_l2.norm().item())
    print(parameter.diag_ggn_exact.norm().item(), [tuple(factor.shape) for factor in parameter.kfac])
net = extend(torch.nn.Sequential(torch.nn.Linear(36, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)))
loss = criterion(net(x.flatten(1)), y)
with backpack(DiagHessian()):
    loss.backward()
print([parameter.diag_h.sum().item() for parameter in net.parameters()])
