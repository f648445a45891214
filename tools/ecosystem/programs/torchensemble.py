import logging

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchensemble import (
    AdversarialTrainingClassifier,
    BaggingRegressor,
    FusionClassifier,
    GradientBoostingClassifier,
    SnapshotEnsembleClassifier,
    SoftGradientBoostingRegressor,
    VotingClassifier,
)

logging.disable(logging.CRITICAL)


class MLP(nn.Module):
    def __init__(self, out=3):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, out))

    def forward(self, x):
        return self.net(x.view(x.size(0), -1))


g = torch.Generator().manual_seed(0)
x = torch.rand(60, 4, generator=g)
y = (x.sum(1) * 0.74).long().clamp(0, 2)
r = x.sum(1, keepdim=True)
cl, rg = DataLoader(TensorDataset(x, y), batch_size=20), DataLoader(TensorDataset(x, r), batch_size=20)


def go(E, loader, out, loss, fit=None, **kw):
    if fit is None:
        fit = {"epochs": 2}
    torch.manual_seed(0)
    e = E(estimator=MLP, estimator_args={"out": out}, n_estimators=3, cuda=False, **kw)
    e.set_criterion(loss)
    e.set_optimizer("Adam", lr=1e-2, weight_decay=1e-4)
    if E is VotingClassifier:
        e.set_scheduler("CosineAnnealingLR", T_max=2)
    e.fit(loader, save_model=False, test_loader=loader, **(fit or {"epochs": 2}))
    print(E.__name__, e.evaluate(loader), e.predict(x[:2]), len(e))


go(FusionClassifier, cl, 3, nn.CrossEntropyLoss())
go(VotingClassifier, cl, 3, nn.CrossEntropyLoss(), n_jobs=1)
go(BaggingRegressor, rg, 1, nn.MSELoss(), n_jobs=1)
go(GradientBoostingClassifier, cl, 3, nn.CrossEntropyLoss())
go(SoftGradientBoostingRegressor, rg, 1, nn.MSELoss())
go(AdversarialTrainingClassifier, cl, 3, nn.CrossEntropyLoss(), n_jobs=1)
go(SnapshotEnsembleClassifier, cl, 3, nn.CrossEntropyLoss(), {"epochs": 3})
