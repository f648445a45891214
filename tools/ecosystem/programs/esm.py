# ruff: noqa: E741
import torch
from esm.model.esm2 import ESM2

torch.manual_seed(0)
m = ESM2(num_layers=2, embed_dim=32, attention_heads=4, alphabet="ESM-1b")
a = m.alphabet
bc = a.get_batch_converter()
_, s, t = bc([("p1", "MKTVRQERLK"), ("p2", "KALTARQQEV")])
m.eval()
r = m(t, repr_layers=[1, 2], return_contacts=True)
print(r["logits"].abs().sum().item(), r["representations"][2].norm().item(), r["contacts"].sum().item())
m.train()
o = torch.optim.Adam(m.parameters(), 0.005)
for _ in range(3):
    k = t.clone()
    k[:, 3] = a.mask_idx
    l = torch.nn.functional.cross_entropy(m(k)["logits"][:, 3], t[:, 3])
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
