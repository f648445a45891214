import tempfile

import torch
import transformers as tr

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
WORDS = {**SIZES, "vocab_size": 60, "max_position_embeddings": 64}
ids = torch.arange(16).reshape(2, 8) % 57 + 2
pixels = torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32)


def language(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(3):
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    options = {"max_new_tokens": 6, "pad_token_id": 0}
    greedy = model.generate(ids[:, :4], do_sample=False, **options)
    beams = model.generate(ids[:, :4], num_beams=3, do_sample=False, **options)
    torch.manual_seed(0)
    sampled = model.generate(ids[:1, :4], do_sample=True, top_k=10, **options)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, max_shard_size="20KB")
        again = type(model).from_pretrained(folder)
        same = torch.equal(again(input_ids=ids).logits, model(input_ids=ids).logits)
    print(type(model).__name__, loss.item(), greedy.tolist(), beams.tolist(), sampled.tolist(), same)


torch.manual_seed(0)
language(tr.LlamaForCausalLM(tr.LlamaConfig(**WORDS, num_key_value_heads=2)))
torch.manual_seed(0)
language(tr.MistralForCausalLM(tr.MistralConfig(**WORDS, num_key_value_heads=2, sliding_window=4)))
torch.manual_seed(0)
language(tr.Qwen2ForCausalLM(tr.Qwen2Config(**WORDS, num_key_value_heads=2)))
torch.manual_seed(0)
config = tr.T5Config(vocab_size=60, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0)
t5 = tr.T5ForConditionalGeneration(config).eval()
print("T5", t5(input_ids=ids, labels=ids).loss.item(), t5.generate(ids, max_new_tokens=5, num_beams=2).tolist())
torch.manual_seed(0)
vit = tr.ViTForImageClassification(tr.ViTConfig(**SIZES, image_size=32, patch_size=8, num_labels=3))
print("ViT", vit(pixel_values=pixels, labels=torch.tensor([0, 2])).loss.item())
torch.manual_seed(0)
text = {**SIZES, "vocab_size": 60, "max_position_embeddings": 16, "eos_token_id": 59, "bos_token_id": 0}
clip = tr.CLIPModel(
    tr.CLIPConfig(text_config=text, vision_config={**SIZES, "image_size": 32, "patch_size": 8}, projection_dim=16)
)
print("CLIP", clip(input_ids=ids, pixel_values=pixels, return_loss=True).loss.item())
