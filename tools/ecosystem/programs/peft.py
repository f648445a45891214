import torch
from peft import LoraConfig, get_peft_model

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
net = get_peft_model(net, LoraConfig(r=2, target_modules=["0", "2"], lora_dropout=0.0))
optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=0.1)
x = torch.randn(8, 4)
for _ in range(4):
    optimizer.zero_grad()
    loss = net(x).square().mean()
    loss.backward()
    optimizer.step()
print(loss.item(), net.get_nb_trainable_parameters())
