import torch
from vector_quantize_pytorch import FSQ, LFQ, ResidualVQ, VectorQuantize

torch.manual_seed(0)
x = torch.randn(2, 32, 16)
vq = VectorQuantize(dim=16, codebook_size=12, decay=0.8, commitment_weight=1.0)
for _ in range(3):
    quantized, indices, loss = vq(x)
print(quantized.sum().item(), indices.sum().item(), loss.item())

residual = ResidualVQ(dim=16, num_quantizers=2, codebook_size=8, kmeans_init=True, kmeans_iters=3)
quantized, indices, losses = residual(x)
print(tuple(indices.shape), quantized.abs().sum().item(), losses.sum().item())

fsq = FSQ([5, 4, 3], dim=16)
quantized, indices = fsq(x)
quantized.square().mean().backward()
print(indices.float().mean().item(), [round(p.grad.abs().sum().item(), 4) for p in fsq.parameters()])

lfq = LFQ(codebook_size=64, dim=16, entropy_loss_weight=0.02)
quantized, indices, loss = lfq(x)
print(quantized.sum().item(), loss.item())
