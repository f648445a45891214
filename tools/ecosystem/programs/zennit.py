import torch
from torch import nn
from zennit.attribution import Gradient, IntegratedGradients, Occlusion, SmoothGrad
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import (
    EpsilonAlpha2Beta1,
    EpsilonGammaBox,
    EpsilonPlusFlat,
    ExcitationBackprop,
    GuidedBackprop,
    LayerMapComposite,
    NameMapComposite,
)
from zennit.rules import AlphaBeta, Epsilon, Flat, Gamma, Norm, Pass, WSquare, ZBox, ZPlus
from zennit.types import Convolution, Linear

torch.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1),
    nn.BatchNorm2d(6),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 8, 3),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(8 * 4, 10),
    nn.ReLU(),
    nn.Linear(10, 4),
)
net(torch.randn(8, 3, 8, 8))
net.eval()
x = torch.randn(2, 3, 8, 8)
t = torch.eye(4)[[1, 3]]
can = [SequentialMergeBatchNorm()]
comps = {
    "epsplusflat": EpsilonPlusFlat(canonizers=can),
    "epsgammabox": EpsilonGammaBox(low=-3.0, high=3.0, canonizers=can),
    "guided": GuidedBackprop(),
    "a2b1": EpsilonAlpha2Beta1(),
    "excitation": ExcitationBackprop(),
    "layermap": LayerMapComposite([(nn.ReLU, Pass()), (Convolution, ZPlus()), (Linear, Epsilon(epsilon=1e-5))]),
    "namemap": NameMapComposite(
        [(["0"], ZBox(-3.0, 3.0)), (["4"], Gamma(gamma=0.5)), (["7", "9"], AlphaBeta(1.0, 0.0))]
    ),
    "flat": NameMapComposite([(["0"], Flat()), (["4"], WSquare()), (["7"], Norm())]),
}
for name, comp in comps.items():
    with Gradient(model=net, composite=comp) as attributor:
        out, rel = attributor(x, t)
    print(name, out.sum().item(), rel.sum().item(), rel.abs().max().item())
torch.manual_seed(1)
for A, kw in (
    (SmoothGrad, {"noise_level": 0.1, "n_iter": 5}),
    (IntegratedGradients, {"n_iter": 5}),
    (Occlusion, {"window": 4, "stride": 4}),
):
    with A(model=net, **kw) as attributor:
        out, rel = attributor(x, t)
    print(A.__name__, rel.shape, rel.sum().item())
comp = EpsilonPlusFlat()
with comp.context(net) as m:
    xx = x.clone().requires_grad_()
    o = m(xx)
    (g,) = torch.autograd.grad(o, xx, t)
    print(g.sum().item(), [type(h).__name__ for value in net for h in value._forward_hooks.values()])
print([len(value._forward_hooks) for value in net])
