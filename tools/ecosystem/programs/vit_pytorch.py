import torch
from vit_pytorch import SimpleViT, ViT

torch.manual_seed(0)
net = ViT(
    image_size=32, patch_size=8, num_classes=5, dim=32, depth=2, heads=2, mlp_dim=64, dropout=0.1, emb_dropout=0.1
)
opt = torch.optim.Adam(net.parameters(), 1e-3)
x, y = torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 3])
net.eval()
for _ in range(2):
    opt.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    opt.step()
    print(loss.item())
torch.manual_seed(0)
print(SimpleViT(image_size=32, patch_size=8, num_classes=5, dim=32, depth=1, heads=2, mlp_dim=64)(x).sum().item())
