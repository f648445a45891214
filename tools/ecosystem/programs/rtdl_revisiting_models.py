import torch
from rtdl_revisiting_models import MLP, CategoricalEmbeddings, FTTransformer, LinearEmbeddings, ResNet
from torch import nn

torch.manual_seed(0)
xc, xk = torch.randn(8, 3), torch.randint(0, 2, (8, 2))
y = torch.randn(8, 1)
models = [
    MLP(d_in=3, d_out=1, n_blocks=2, d_block=16, dropout=0.1),
    ResNet(d_in=3, d_out=1, n_blocks=2, d_block=16, d_hidden=None, d_hidden_multiplier=2.0, dropout1=0.1, dropout2=0.0),
    FTTransformer(n_cont_features=3, cat_cardinalities=[2, 2], d_out=1, **FTTransformer.get_default_kwargs(n_blocks=1)),
    FTTransformer(
        n_cont_features=3,
        cat_cardinalities=[2, 2],
        d_out=1,
        n_blocks=1,
        d_block=16,
        attention_n_heads=2,
        attention_dropout=0.1,
        ffn_d_hidden=None,
        ffn_d_hidden_multiplier=2,
        ffn_dropout=0.1,
        residual_dropout=0.0,
        linformer_kv_compression_ratio=0.5,
        linformer_kv_compression_sharing="headwise",
    ),
]
for m in models:
    args = (xc, xk) if isinstance(m, FTTransformer) else (xc,)
    opt = m.make_default_optimizer() if isinstance(m, FTTransformer) else torch.optim.AdamW(m.parameters(), 1e-3)
    for _ in range(3):
        opt.zero_grad()
        value = nn.functional.mse_loss(m(*args), y)
        value.backward()
        opt.step()
    print(type(m).__name__, value.item(), sum(p.numel() for p in m.parameters()), len(opt.param_groups))
print(CategoricalEmbeddings([2, 3], 4)(xk).shape, LinearEmbeddings(3, 4)(xc).sum().item())
