import torch
from neuralop.layers.embeddings import GridEmbedding2D
from neuralop.layers.spectral_convolution import SpectralConv
from neuralop.losses import H1Loss, LpLoss
from neuralop.models import FNO

torch.manual_seed(0)
x, y = torch.randn(2, 1, 12, 12), torch.randn(2, 1, 12, 12)
for m in (
    FNO(n_modes=(4, 4), hidden_channels=8, in_channels=1, out_channels=1, n_layers=2),
    FNO(
        n_modes=(4, 4),
        hidden_channels=8,
        in_channels=1,
        out_channels=1,
        n_layers=1,
        norm="group_norm",
        use_channel_mlp=True,
    ),
):
    opt = torch.optim.Adam(m.parameters(), lr=1e-3)
    for _ in range(3):
        opt.zero_grad()
        value = LpLoss(d=2, p=2)(m(x), y) + H1Loss(d=2)(m(x), y)
        value.backward()
        opt.step()
        print(type(m).__name__, value.item())
    print(sum(p.numel() for p in m.parameters()))
sc = SpectralConv(2, 3, (4,))
print(sc(torch.randn(1, 2, 16)).shape)
print(GridEmbedding2D(in_channels=1)(x).shape)
