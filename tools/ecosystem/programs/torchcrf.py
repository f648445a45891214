import torch
from torchcrf import CRF

torch.manual_seed(0)
crf = CRF(5, batch_first=True)
emissions = torch.randn(3, 7, 5, requires_grad=True)
tags = torch.randint(5, (3, 7))
mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2, [1] * 3 + [0] * 4], dtype=torch.bool)
optimizer = torch.optim.SGD(crf.parameters(), lr=0.1)
for _ in range(3):
    loss = -crf(emissions, tags, mask=mask, reduction="token_mean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
print(crf.decode(emissions, mask=mask), emissions.grad.abs().sum().item())
