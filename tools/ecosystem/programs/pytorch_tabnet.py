import numpy as np
import torch
from pytorch_tabnet.pretraining import TabNetPretrainer
from pytorch_tabnet.tab_model import TabNetClassifier, TabNetRegressor

random = np.random.default_rng(0)
x = random.normal(size=(64, 6)).astype(np.float32)
y = (x[:, 0] + x[:, 1] > 0).astype(np.int64)
model = TabNetClassifier(n_d=4, n_a=4, n_steps=2, seed=0, verbose=0, device_name="cpu", optimizer_params={"lr": 0.02})
model.fit(x, y, eval_set=[(x, y)], eval_metric=["accuracy"], max_epochs=3, batch_size=32, virtual_batch_size=16)
print(model.predict_proba(x)[:, 1].mean().item(), model.history["loss"][-1], model.explain(x)[0].sum().item())
regressor = TabNetRegressor(n_d=4, n_a=4, n_steps=2, seed=0, verbose=0, device_name="cpu", mask_type="entmax")
regressor.fit(x, x[:, :1], max_epochs=2, batch_size=32, virtual_batch_size=16)
print(regressor.predict(x).mean().item(), torch.tensor(regressor.feature_importances_).sum().item())
pretrainer = TabNetPretrainer(n_d=4, n_a=4, n_steps=2, seed=0, verbose=0, device_name="cpu")
pretrainer.fit(x, max_epochs=2, batch_size=32, virtual_batch_size=16)
print(pretrainer.history["loss"][-1])
