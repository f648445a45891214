# ruff: noqa: E741
import heavyball
import torch

heavyball.utils.compile_mode = None
for n in (
    "ForeachAdamW",
    "ForeachSOAP",
    "ForeachMuon",
    "ForeachLaProp",
    "ForeachRMSprop",
    "ForeachSFAdamW",
    "ForeachADOPT",
    "PaLMForeachSFAdamW",
):
    O = getattr(heavyball, n, None)
    if O is None:
        print(n, "absent")
        continue
    torch.manual_seed(0)
    m = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    x = torch.randn(10, 6)
    y = torch.randn(10, 2)
    o = O(m.parameters(), lr=0.01)
    for _ in range(5):
        l = (m(x) - y).pow(2).mean()
        o.zero_grad()
        l.backward()
        o.step()
    print(n, l.item())
