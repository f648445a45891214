import torch
from rotary_embedding_torch import RotaryEmbedding

torch.manual_seed(0)
rotary = RotaryEmbedding(dim=8)
q = torch.randn(1, 2, 6, 16, requires_grad=True)
k = torch.randn(1, 2, 6, 16)
scores = rotary.rotate_queries_or_keys(q) @ rotary.rotate_queries_or_keys(k).transpose(-1, -2)
scores.softmax(-1).square().sum().backward()
print(scores.sum().item(), q.grad.abs().sum().item())
