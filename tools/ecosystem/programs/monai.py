import torch
from monai.inferers import sliding_window_inference
from monai.losses import DiceCELoss
from monai.metrics import DiceMetric
from monai.networks.nets import UNet
from monai.transforms import Compose, EnsureChannelFirst, RandFlip, RandRotate90, ScaleIntensity

torch.manual_seed(0)
net = UNet(spatial_dims=3, in_channels=1, out_channels=2, channels=(4, 8, 16), strides=(2, 2), num_res_units=1)
x = torch.randn(1, 1, 16, 16, 16)
y = (x > 0).long()
loss_fn = DiceCELoss(to_onehot_y=True, softmax=True)
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
for _ in range(3):
    optimizer.zero_grad()
    loss = loss_fn(net(x), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
net.eval()
with torch.no_grad():
    out = sliding_window_inference(torch.randn(1, 1, 24, 24, 24), (16, 16, 16), 2, net)
print(out.shape, out.abs().mean().item())
metric = DiceMetric(include_background=True)
metric(
    torch.nn.functional.one_hot(out.argmax(1), 2).movedim(-1, 1),
    torch.nn.functional.one_hot((out[:, 0] > 0).long(), 2).movedim(-1, 1),
)
print(metric.aggregate().item())
t = Compose(
    [EnsureChannelFirst(channel_dim="no_channel"), ScaleIntensity(), RandFlip(prob=1.0), RandRotate90(prob=1.0)]
)
t.set_random_state(0)
r = t(torch.arange(16.0).reshape(4, 4))
print(type(r).__name__, r.tolist())
