import torch
from x_transformers import Decoder, TransformerWrapper

torch.manual_seed(0)
net = TransformerWrapper(
    num_tokens=20, max_seq_len=16, attn_layers=Decoder(dim=16, depth=2, heads=2, rotary_pos_emb=True)
)
ids = torch.randint(20, (2, 8))
loss = torch.nn.functional.cross_entropy(net(ids).transpose(1, 2), ids)
loss.backward()
print(loss.item(), net.token_emb.emb.weight.grad.abs().sum().item())
