import copy

import loss_landscapes
import loss_landscapes.metrics as M
import numpy as np
import torch

torch.manual_seed(0)
np.random.seed(0)
m = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))
x = torch.randn(20, 4)
y = torch.randint(0, 3, (20,))
k = M.Loss(torch.nn.CrossEntropyLoss(), x, y)
e = copy.deepcopy(m)
torch.nn.init.normal_(e[0].weight)
print(loss_landscapes.linear_interpolation(m, e, k, 5).round(4))
torch.manual_seed(0)
print(loss_landscapes.random_plane(m, k, 1, 3, normalization="filter").round(4))
print(loss_landscapes.planar_interpolation(m, e, copy.deepcopy(e), k, 3).shape)
