import torch
from performer_pytorch import Performer, PerformerLM, SelfAttention

torch.manual_seed(0)
model = PerformerLM(num_tokens=30, max_seq_len=24, dim=16, depth=1, heads=2, causal=False, nb_features=8, dim_head=8)
logits = model(torch.randint(30, (2, 24)), mask=torch.ones(2, 24).bool())
logits.square().mean().backward()
print(logits.abs().mean().item(), sum(p.grad.abs().sum().item() for p in model.parameters() if p.grad is not None))
print(Performer(dim=16, depth=2, heads=2, dim_head=8)(torch.randn(1, 12, 16)).std().item())
print(SelfAttention(dim=16, heads=2, dim_head=8, causal=False)(torch.randn(1, 12, 16)).abs().sum().item())
