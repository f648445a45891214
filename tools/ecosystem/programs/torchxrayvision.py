# ruff: noqa: E741
import numpy as np
import torch
import torchxrayvision as xrv

torch.manual_seed(0)
m = xrv.models.DenseNet(
    weights=None, num_classes=5, in_channels=1, growth_rate=4, block_config=(2, 2), num_init_features=8
)
m.eval()
x = xrv.datasets.normalize(np.random.RandomState(0).randint(0, 255, (1, 64, 64)).astype("float32"), 255)
x = torch.from_numpy(xrv.datasets.XRayCenterCrop()(x))[None]
print(x.shape, x.mean().item(), m(x).tolist(), m.features(x).shape)
m.train()
o = torch.optim.Adam(m.parameters(), 0.01)
for _ in range(3):
    l = torch.nn.functional.binary_cross_entropy_with_logits(
        m(torch.cat([x, x * 0.5])), torch.tensor([[0.0, 1, 0, 1, 0], [1, 0, 1, 0, 1]])
    )
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
