import numpy as np
import torch
from pytorch_fid.fid_score import calculate_frechet_distance
from pytorch_fid.inception import FIDInceptionA, FIDInceptionE_1

torch.manual_seed(0)
block = FIDInceptionA(8, 4).eval()
print(block(torch.randn(1, 8, 9, 9)).sum().item(), FIDInceptionE_1(8).eval()(torch.randn(1, 8, 9, 9)).sum().item())
rng = np.random.RandomState(0)
a, b = rng.randn(50, 3), rng.randn(50, 3)
print(calculate_frechet_distance(a.mean(0), np.cov(a.T), b.mean(0), np.cov(b.T)))
