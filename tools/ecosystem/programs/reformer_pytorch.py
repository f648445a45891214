import torch
from reformer_pytorch import Autopadder, LSHAttention, LSHSelfAttention, Reformer, ReformerEncDec, ReformerLM
from reformer_pytorch.generative_tools import TrainingWrapper
from torch import nn

torch.manual_seed(0)
m = ReformerLM(
    num_tokens=50,
    dim=32,
    depth=2,
    max_seq_len=64,
    heads=4,
    bucket_size=8,
    n_hashes=2,
    ff_chunks=2,
    causal=True,
    axial_position_emb=True,
    axial_position_shape=(8, 8),
)
x = torch.randint(0, 50, (2, 64))
y = m(x)
print(y.shape, y.sum().item(), sum(p.numel() for p in m.parameters()))
opt = torch.optim.Adam(m.parameters(), lr=1e-3)
for _ in range(3):
    opt.zero_grad()
    value = nn.functional.cross_entropy(m(x[:, :]).transpose(1, 2), x)
    value.backward()
    opt.step()
    print(value.item())
w = TrainingWrapper(ReformerLM(num_tokens=50, dim=32, depth=1, max_seq_len=64, heads=4, bucket_size=8, causal=True))
value = w(x, return_loss=True)
value.backward()
print(value.item())
torch.manual_seed(1)
print(w.generate(x[:, :4], 6))
a = LSHSelfAttention(dim=16, heads=4, bucket_size=8, n_hashes=4)
print(a(torch.randn(2, 64, 16)).sum().item())
o, attn, b = LSHAttention(bucket_size=8, n_hashes=4, causal=True)(torch.randn(2, 64, 16), torch.randn(2, 64, 16))
print(o.shape, b.shape, o.mean().item())
e = ReformerEncDec(
    dim=16,
    enc_num_tokens=20,
    enc_depth=1,
    enc_max_seq_len=32,
    dec_num_tokens=20,
    dec_depth=1,
    dec_max_seq_len=32,
    enc_bucket_size=8,
    dec_bucket_size=8,
)
value = e(torch.randint(0, 20, (1, 32)), torch.randint(0, 20, (1, 32)), return_loss=True)
value.backward()
print(value.item())
p = Autopadder(Reformer(dim=16, depth=1, heads=2, bucket_size=8))
print(p(torch.randn(1, 25, 16)).shape)
