import loralib
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(
    loralib.Embedding(10, 6, r=2),
    torch.nn.Flatten(),
    loralib.MergedLinear(18, 12, r=2, enable_lora=[True, False, True]),
    torch.nn.ReLU(),
    loralib.Linear(12, 3, r=4, lora_alpha=8),
)
loralib.mark_only_lora_as_trainable(net, bias="lora_only")
optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=0.05)
x, y = torch.randint(0, 10, (8, 3)), torch.randint(0, 3, (8,))
for _ in range(4):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
before = net(x).sum().item()
net.eval()
print(before, net(x).sum().item(), sorted(loralib.lora_state_dict(net, bias="lora_only")))
