import lightning as L
import numpy as np
import torch
from chemprop import data, featurizers, models, nn

torch.manual_seed(0)
s = ["CCO", "CCN", "c1ccccc1", "CC(=O)O", "CCCC", "C1CCCCC1", "CO", "CN"]
y = np.linspace(-1, 1, 8)[:, None]
d = data.MoleculeDataset(
    [data.MoleculeDatapoint.from_smi(a, b) for a, b in zip(s, y, strict=False)],
    featurizers.SimpleMoleculeMolGraphFeaturizer(),
)
dl = data.build_dataloader(d, batch_size=4, shuffle=False)
m = models.MPNN(nn.BondMessagePassing(d_h=16), nn.MeanAggregation(), nn.RegressionFFN(input_dim=16, hidden_dim=16))
t = L.Trainer(
    max_epochs=3,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    accelerator="cpu",
    enable_model_summary=False,
)
t.fit(m, dl)
print(torch.cat(t.predict(m, dl)).ravel().tolist())
for mp in (nn.AtomMessagePassing(d_h=16),):
    b = next(iter(dl))
    print(
        mp(b.bmg).abs().sum().item(),
        nn.NormAggregation()(mp(b.bmg), b.bmg.batch).shape,
        nn.AttentiveAggregation(output_size=16)(mp(b.bmg), b.bmg.batch).norm().item(),
    )
