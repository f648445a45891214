import numpy as np
import pandas as pd
from deepctr_torch.inputs import DenseFeat, SparseFeat, get_feature_names
from deepctr_torch.models import AFM, DCN, NFM, WDL, AutoInt, DCNMix, DeepFM, FiBiNET, xDeepFM

rng = np.random.default_rng(0)
df = pd.DataFrame(
    {
        "a": rng.integers(0, 5, 64),
        "b": rng.integers(0, 7, 64),
        "c": rng.random(64).astype("float32"),
        "y": rng.integers(0, 2, 64),
    }
)
fc = [SparseFeat("a", 5, 4), SparseFeat("b", 7, 4), DenseFeat("c", 1)]
i = {k: df[k] for k in get_feature_names(fc)}
for M in (DeepFM, xDeepFM, DCN, AutoInt, WDL, NFM, AFM, FiBiNET, DCNMix):
    kw = {} if M is AFM else {"dnn_hidden_units": (8, 4)}
    fd = fc[:2] if M in (AFM,) else fc
    m = M(fc, fd, task="binary", device="cpu", **kw)
    m.compile("adam", "binary_crossentropy", metrics=["binary_crossentropy", "auc"])
    h = m.fit(i, df[["y"]].values, batch_size=16, epochs=2, verbose=0, shuffle=False)
    print(M.__name__, [round(float(v), 4) for v in h.history["loss"]], m.predict(i, 32)[:2].ravel().round(3))
