import torch
from linear_attention_transformer import LinearAttentionTransformer, LinearAttentionTransformerLM
from linear_attention_transformer.autoregressive_wrapper import AutoregressiveWrapper
from linear_attention_transformer.images import ImageLinearAttention
from torch import nn

torch.manual_seed(0)
m = LinearAttentionTransformerLM(
    num_tokens=40,
    dim=32,
    heads=4,
    depth=2,
    max_seq_len=32,
    causal=True,
    ff_dropout=0.1,
    blindspot_size=8,
    n_local_attn_heads=2,
    local_attn_window_size=8,
    reversible=True,
    ff_chunks=2,
    ff_glu=True,
    attend_axially=False,
    shift_tokens=True,
)
x = torch.randint(0, 40, (2, 32))
w = AutoregressiveWrapper(m)
opt = torch.optim.AdamW(w.parameters(), lr=1e-3)
for _ in range(3):
    opt.zero_grad()
    value = w(x, return_loss=True)
    value.backward()
    nn.utils.clip_grad_norm_(w.parameters(), 0.5)
    opt.step()
    print(value.item())
m.eval()
torch.manual_seed(2)
print(w.generate(x[:, :3], 5))
enc = LinearAttentionTransformer(dim=16, heads=2, depth=1, max_seq_len=32)
print(enc(torch.randn(1, 32, 16)).sum().item())
im = ImageLinearAttention(chan=8, heads=2, key_dim=4)
print(im(torch.randn(1, 8, 6, 6)).sum().item())
