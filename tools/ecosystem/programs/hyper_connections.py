import torch
from hyper_connections import get_init_and_expand_reduce_stream_functions

torch.manual_seed(0)
init, expand, reduce = get_init_and_expand_reduce_stream_functions(4)
block = init(dim=8, branch=torch.nn.Linear(8, 8))
x = torch.randn(2, 5, 8)
y = reduce(block(expand(x)))
y.square().mean().backward()
print(y.sum().item())
