import functools
import os
import tempfile

import numpy as np
import torch
import torchtuples as tt
from pycox.evaluation import EvalSurv
from pycox.models import MTLR, PMF, CoxPH, DeepHitSingle, LogisticHazard, PCHazard

torch.load = functools.partial(torch.load, weights_only=False)

np.random.seed(0)
torch.manual_seed(0)
x = np.random.randn(80, 4).astype("float32")
d = np.random.exponential(np.exp(-x[:, 0])).astype("float32")
e = (np.random.rand(80) > 0.3).astype("float32")


def net(o):
    return tt.practical.MLPVanilla(4, [8], o, batch_norm=True, dropout=None, output_bias=False)


m = CoxPH(net(1), tt.optim.Adam(0.01))
loss = m.fit(x, (d, e), 16, 3, verbose=False, shuffle=False)
m.compute_baseline_hazards()
s = m.predict_surv_df(x[:5])
print(
    loss.to_pandas().round(4).values.ravel(),
    s.shape,
    round(EvalSurv(m.predict_surv_df(x), d, e.astype(int), censor_surv="km").concordance_td(), 3),
)
for M in (LogisticHazard, PMF, MTLR, DeepHitSingle, PCHazard):
    torch.manual_seed(0)
    lt = M.label_transform(6)
    y = lt.fit_transform(d, e)
    m = M(net(lt.out_features), tt.optim.Adam(0.01), duration_index=lt.cuts)
    loss = m.fit(x, y, 16, 3, verbose=False, shuffle=False)
    print(M.__name__, loss.to_pandas().round(4).values.ravel(), m.predict_surv(x[:2]).round(3)[:, :3])

p = os.path.join(tempfile.mkdtemp(), "n.pt")
m.save_net(p)
m.load_net(p)
