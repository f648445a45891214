import torch
from local_attention import LocalAttention
from local_attention.transformer import LocalTransformer

torch.manual_seed(0)
q, k, v = (torch.randn(2, 4, 32, 8) for _ in range(3))
mask = torch.ones(2, 32).bool()
for options in ({"causal": True}, {"look_backward": 1, "look_forward": 1}, {"causal": True, "exact_windowsize": True}):
    attention = LocalAttention(dim=8, window_size=8, dropout=0.0, autopad=True, **options)
    print(attention(q, k, v, mask=mask).abs().sum().item())
model = LocalTransformer(
    num_tokens=20, dim=16, depth=2, causal=True, local_attn_window_size=8, max_seq_len=32, heads=2, dim_head=8
)
loss = model(torch.randint(20, (2, 32)), return_loss=True)
loss.backward()
print(loss.item(), sum(p.grad.abs().sum().item() for p in model.parameters() if p.grad is not None))
