import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer, util
from sentence_transformers import models as parts
from transformers import BertConfig, BertModel, BertTokenizerFast

folder = Path(tempfile.mkdtemp())
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sat", "ran", "on", "mat"]
(folder / "vocab.txt").write_text("\n".join(words))
BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
torch.manual_seed(0)
BertModel(
    BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
).save_pretrained(folder)
word = parts.Transformer(str(folder), max_seq_length=12)
model = SentenceTransformer(modules=[word, parts.Pooling(word.get_word_embedding_dimension())], device="cpu")
e = model.encode(["the cat sat", "the dog ran on the mat"], convert_to_tensor=True)
print(e.shape, e.abs().sum().item(), util.cos_sim(e[0], e[1]).item())
print(util.semantic_search(e[:1], e, top_k=2))
