import tensorly as tl
import torch
from tensorly.decomposition import non_negative_parafac, parafac, tucker

tl.set_backend("pytorch")
torch.manual_seed(0)
x = torch.rand(4, 5, 6, dtype=torch.float64)
cp = parafac(x, 3, init="svd", n_iter_max=20)
print(tl.norm(tl.cp_to_tensor(cp) - x).item())
core, factors = tucker(x, [2, 3, 3])
print(tl.norm(tl.tucker_to_tensor((core, factors)) - x).item(), core.shape)
print(tl.norm(tl.cp_to_tensor(non_negative_parafac(x, 2, init="svd", n_iter_max=10))).item())
print(tl.unfold(x, 1).shape)
