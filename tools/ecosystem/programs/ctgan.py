import os
import tempfile

import numpy as np
import pandas as pd
from ctgan import CTGAN, TVAE

rng = np.random.default_rng(0)
df = pd.DataFrame({"a": rng.normal(size=300), "b": rng.choice(list("xyz"), 300), "c": rng.normal(3, 2, size=300)})
for M in (CTGAN, TVAE):
    m = M(epochs=2, batch_size=50)
    m.set_random_state(0)
    m.fit(df, ["b"])
    p = os.path.join(tempfile.mkdtemp(), "m.pt")
    m.save(p)
    m = M.load(p)
    s = m.sample(5)
    print(M.__name__, s.shape, sorted(s.columns))
    print(
        m.loss_values.iloc[-1].tolist() if M is TVAE else [round(float(v), 3) for v in m.loss_values.iloc[-1].tolist()]
    )
