import torch
from nngeometry.metrics import FIM
from nngeometry.object import (
    PMatBlockDiag,
    PMatDense,
    PMatDiag,
    PMatEKFAC,
    PMatKFAC,
    PMatLowRank,
    PVector,
)
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
m = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))
d = DataLoader(TensorDataset(torch.randn(20, 4), torch.randint(0, 3, (20,))), 10)
for R in (PMatDense, PMatKFAC, PMatEKFAC, PMatDiag, PMatBlockDiag, PMatLowRank):
    F = FIM(model=m, loader=d, representation=R, variant="classif_logits", device="cpu") if R is not None else None
    v = PVector.from_model(m)
    if R is PMatEKFAC:
        F.update_diag(d) if False else None
    print(R.__name__, F.trace().item(), F.frobenius_norm().item() if True else "", F.vTMv(v).item())
