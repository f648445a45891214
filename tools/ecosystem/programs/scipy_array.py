import os

os.environ["SCIPY_ARRAY_API"] = "1"
import torch
from scipy import cluster, fft, signal, special, stats

torch.manual_seed(0)
x = torch.rand(5, 7, dtype=torch.float64)
print(special.gammaln(x).sum().item(), special.logsumexp(x, axis=1).sum().item(), fft.fft(x).abs().sum().item())
print(stats.zscore(x).abs().sum().item(), stats.skew(x, axis=1).sum().item(), signal.detrend(x).abs().sum().item())
print(fft.dct(x).abs().sum().item(), cluster.vq.whiten(x).sum().item(), special.softmax(x, axis=0).sum().item())
