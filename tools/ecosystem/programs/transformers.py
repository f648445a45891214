import torch
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel

torch.manual_seed(0)
gpt = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=16, n_embd=16, n_layer=2, n_head=2)).eval()
ids = torch.randint(50, (2, 8))
out = gpt(ids, labels=ids)
out.loss.backward()
print(out.loss.item(), gpt.transformer.wte.weight.grad.abs().sum().item())
print(gpt.generate(ids, max_new_tokens=4, do_sample=False, pad_token_id=0).tolist())
config = BertConfig(
    vocab_size=50,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=16,
)
bert = BertForSequenceClassification(config).eval()
print(bert(ids, labels=torch.tensor([0, 1])).loss.item())
