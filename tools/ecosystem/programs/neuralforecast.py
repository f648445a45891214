import numpy as np
import pandas as pd
from neuralforecast import NeuralForecast
from neuralforecast.models import LSTM, NBEATS, NHITS

df = pd.DataFrame(
    {
        "unique_id": np.repeat([1, 2], 60),
        "ds": np.tile(pd.date_range("2020-01-01", periods=60), 2),
        "y": np.sin(np.arange(120) / 4.0),
    }
)
options = {
    "h": 6,
    "input_size": 12,
    "max_steps": 3,
    "enable_progress_bar": False,
    "logger": False,
    "accelerator": "cpu",
    "random_seed": 1,
    "enable_model_summary": False,
}
nf = NeuralForecast(models=[NBEATS(**options), NHITS(**options), LSTM(**options)], freq="D")
nf.fit(df)
p = nf.predict()
print({c: float(p[c].sum()) for c in ("NBEATS", "NHITS", "LSTM")})
