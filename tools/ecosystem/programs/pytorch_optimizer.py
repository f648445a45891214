import torch
from pytorch_optimizer import load_optimizer

for name in ("adabelief", "lion", "lamb", "adan", "sophiah", "prodigy"):
    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.randn(3, 2))
    optimizer = load_optimizer(name)([p], lr=0.1)
    for _ in range(4):
        optimizer.zero_grad()
        (p**2).sum().backward(create_graph=name == "sophiah")
        optimizer.step()
    print(name, p.sum().item())
