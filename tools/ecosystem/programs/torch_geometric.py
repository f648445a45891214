import torch
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv

torch.manual_seed(0)
edges = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
data = Data(x=torch.randn(4, 3), edge_index=edges)
layer = GCNConv(3, 2)
y = layer(data.x, data.edge_index)
y.sum().backward()
print(y.sum().item(), layer.lin.weight.grad.abs().sum().item(), data.num_nodes, data.is_undirected())
