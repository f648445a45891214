import numpy as np
import pandas as pd
import torch
from pytorch_widedeep import Trainer
from pytorch_widedeep.models import SAINT, FTTransformer, TabMlp, TabResnet, TabTransformer, Wide, WideDeep
from pytorch_widedeep.preprocessing import TabPreprocessor, WidePreprocessor

torch.manual_seed(0)
np.random.seed(0)
rng = np.random.default_rng(0)
df = pd.DataFrame(
    {
        "a": rng.choice(list("xyz"), 100),
        "b": rng.choice(list("uv"), 100),
        "c": rng.normal(size=100),
        "d": rng.normal(size=100),
    }
)
y = (df.c > 0).astype(int).values
wp = WidePreprocessor(["a", "b"], [("a", "b")])
xw = wp.fit_transform(df)
for M, attn, kw in (
    (TabMlp, 0, {"mlp_hidden_dims": [8, 4]}),
    (TabResnet, 0, {"blocks_dims": [8, 8]}),
    (TabTransformer, 1, {"input_dim": 8, "n_heads": 2, "n_blocks": 1}),
    (FTTransformer, 1, {"input_dim": 8, "n_heads": 2, "n_blocks": 1}),
    (SAINT, 1, {"input_dim": 8, "n_heads": 2, "n_blocks": 1}),
):
    tp = TabPreprocessor(
        cat_embed_cols=["a", "b"] if attn else [("a", 4), ("b", 4)],
        continuous_cols=["c", "d"],
        with_attention=bool(attn),
    )
    xt = tp.fit_transform(df)
    torch.manual_seed(0)
    m = WideDeep(
        Wide(int(np.unique(xw).shape[0]), 1),
        M(column_idx=tp.column_idx, cat_embed_input=tp.cat_embed_input, continuous_cols=["c", "d"], **kw),
    )
    t = Trainer(m, objective="binary", verbose=0, seed=1)
    t.fit(X_wide=xw, X_tab=xt, target=y, n_epochs=2, batch_size=32)
    print(
        M.__name__, [round(v, 4) for v in t.history["train_loss"]], t.predict_proba(X_wide=xw, X_tab=xt)[:3, 1].round(3)
    )
