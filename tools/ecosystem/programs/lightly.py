# ruff: noqa: E741
import copy

import torch
import torch.nn as nn
from lightly.loss import (
    BarlowTwinsLoss,
    DCLLoss,
    DINOLoss,
    NegativeCosineSimilarity,
    NTXentLoss,
    SwaVLoss,
    TiCoLoss,
    VICRegLoss,
)
from lightly.models.modules import (
    DINOProjectionHead,
    SimCLRProjectionHead,
    SwaVPrototypes,
)
from lightly.models.utils import deactivate_requires_grad, update_momentum
from lightly.utils.benchmarking import knn_predict
from lightly.utils.scheduler import CosineWarmupScheduler, cosine_schedule

torch.manual_seed(0)
b = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
p = SimCLRProjectionHead(8, 16, 8)
mb, mp = copy.deepcopy(b), copy.deepcopy(p)
deactivate_requires_grad(mb)
deactivate_requires_grad(mp)
x0, x1 = torch.randn(8, 3, 12, 12), torch.randn(8, 3, 12, 12)
opt = torch.optim.SGD([*b.parameters(), *p.parameters()], 0.1, momentum=0.9)
sch = CosineWarmupScheduler(opt, 2, 10)
for i in range(5):
    update_momentum(b, mb, cosine_schedule(i, 5, 0.99, 1))
    update_momentum(p, mp, 0.9)
    l = NTXentLoss(memory_bank_size=(0))(p(b(x0)), p(b(x1)))
    opt.zero_grad()
    l.backward()
    opt.step()
    sch.step()
    print(l.item(), opt.param_groups[0]["lr"])
z0, z1 = p(b(x0)), p(b(x1))
for L in (BarlowTwinsLoss(), VICRegLoss(), NegativeCosineSimilarity(), DCLLoss(), TiCoLoss()):
    print(type(L).__name__, L(z0, z1).item())
nt = NTXentLoss(memory_bank_size=(16, 8))
print(nt(z0, mp(mb(x1))).item(), nt(z0, mp(mb(x1))).item())
d = DINOProjectionHead(8, 16, 8, 12)
D = DINOLoss(12)
print(D([d(b(x0))], [d(b(x1)), d(b(x0))], epoch=1).item())
pr = SwaVPrototypes(8, 6)
pr.normalize()
print(SwaVLoss()([pr(z0), pr(z1)], [pr(z0)]).item())
print(
    knn_predict(
        nn.functional.normalize(z0.detach()), nn.functional.normalize(z1.detach()).t(), torch.arange(8) % 3, 3, knn_k=4
    ).tolist()
)
