import torch
from diffusers import DDPMScheduler, UNet2DModel

torch.manual_seed(0)
net = UNet2DModel(
    sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)  # fmt: skip
x, noise, t = torch.randn(2, 1, 8, 8), torch.randn(2, 1, 8, 8), torch.tensor([10, 500])
noisy = DDPMScheduler().add_noise(x, noise, t)
loss = torch.nn.functional.mse_loss(net(noisy, t).sample, noise)
loss.backward()
print(loss.item(), net.conv_in.weight.grad.abs().sum().item())
