import inspect

import torch
import torch.nn as nn
import torchattacks as ta

torch.manual_seed(0)
m = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 4)).eval()
x = torch.rand(3, 3, 32, 32)
y = torch.tensor([0, 1, 2])
for n in (
    "FGSM",
    "BIM",
    "PGD",
    "PGDL2",
    "MIFGSM",
    "TIFGSM",
    "DIFGSM",
    "NIFGSM",
    "SINIFGSM",
    "VMIFGSM",
    "CW",
    "DeepFool",
    "FAB",
    "APGD",
    "APGDT",
    "Square",
    "OnePixel",
    "Pixle",
    "SparseFool",
    "JSMA",
    "FFGSM",
    "RFGSM",
    "EOTPGD",
    "TPGD",
    "UPGD",
    "SPSA",
    "EADL1",
    "JitterAttack",
    "GN",
):
    A = getattr(ta, n, None)
    if A is None:
        print(n, "absent")
        continue
    kw = {
        k: v
        for k, v in {
            "steps": 3,
            "n_queries": 5,
            "n_restarts": 1,
            "n_classes": 4,
            "popsize": 2,
            "nb_iter": 3,
            "max_iterations": 3,
            "nb_sample": 4,
            "num_classes": 4,
        }.items()
        if k in inspect.signature(A.__init__).parameters
    }
    torch.manual_seed(0)
    import random

    import numpy

    numpy.random.seed(0)
    random.seed(0)
    try:
        d = A(m, **kw)(x, y)
        print(n, round((d - x).abs().sum().item(), 2), d.shape)
    except Exception as e:
        print(n, type(e).__name__, str(e)[:100])
