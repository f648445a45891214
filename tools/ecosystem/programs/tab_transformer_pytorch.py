import torch
from tab_transformer_pytorch import FTTransformer, TabTransformer
from torch import nn

torch.manual_seed(0)
cat, cont = torch.stack([torch.randint(0, n, (8,)) for n in (5, 4, 3)], 1), torch.randn(8, 6)
t = TabTransformer(
    categories=(5, 4, 3),
    num_continuous=6,
    dim=16,
    dim_out=1,
    depth=2,
    heads=2,
    attn_dropout=0.1,
    ff_dropout=0.1,
    mlp_hidden_mults=(4, 2),
    mlp_act=nn.ReLU(),
    continuous_mean_std=torch.randn(6, 2).abs(),
)
f = FTTransformer(categories=(5, 4, 3), num_continuous=6, dim=16, dim_out=2, depth=2, heads=2)
y = torch.randn(8, 1)
for m, loss in (
    (t, lambda o: nn.functional.mse_loss(o, y)),
    (f, lambda o: nn.functional.cross_entropy(o, (y[:, 0] > 0).long())),
):
    opt = torch.optim.AdamW(m.parameters(), lr=1e-3)
    for _ in range(3):
        opt.zero_grad()
        value = loss(m(cat, cont))
        value.backward()
        opt.step()
        print(type(m).__name__, value.item())
    m.eval()
    o, a = m(cat, cont, return_attn=True)
    print(o.shape, o.sum().item(), a.shape, sum(p.numel() for p in m.parameters()))
