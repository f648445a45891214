import torch
from linformer import Linformer, LinformerLM

torch.manual_seed(0)
model = LinformerLM(num_tokens=20, dim=16, seq_len=32, depth=2, heads=2, k=8, one_kv_head=True, share_kv=True)
x = torch.randint(0, 20, (2, 32))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(3):
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
print(Linformer(dim=16, seq_len=32, depth=1, k=8)(torch.randn(1, 32, 16)).sum().item())
