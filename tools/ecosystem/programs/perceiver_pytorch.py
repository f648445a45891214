import torch
from perceiver_pytorch import Perceiver, PerceiverIO

torch.manual_seed(0)
model = Perceiver(
    input_channels=3,
    input_axis=2,
    num_freq_bands=4,
    max_freq=10.0,
    depth=2,
    num_latents=8,
    latent_dim=16,
    cross_heads=1,
    latent_heads=2,
    cross_dim_head=8,
    latent_dim_head=8,
    num_classes=5,
)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
image, label = torch.randn(2, 8, 8, 3), torch.tensor([1, 3])
for _ in range(3):
    loss = torch.nn.functional.cross_entropy(model(image), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
io = PerceiverIO(dim=8, queries_dim=8, logits_dim=4, depth=2, num_latents=6, latent_dim=16)
print(io(torch.randn(1, 10, 8), queries=torch.randn(5, 8)).sum().item())
