import contextlib
import os
import tempfile

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

vocab = {w: i for i, w in enumerate(["<pad>", "<eos>", "<unk>", "a", "b", "c", "d"])}
tok = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
tok.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=tok, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(vocab_size=7, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
)
data = Dataset.from_dict({"text": ["a b c d", "b c d a", "c d a b", "d a b c"] * 2})
args = SFTConfig(
    tempfile.mkdtemp(),
    max_steps=3,
    per_device_train_batch_size=2,
    report_to=[],
    logging_steps=1,
    use_cpu=True,
    bf16=False,
    disable_tqdm=True,
    save_strategy="no",
    gradient_checkpointing=False,
)
trainer = SFTTrainer(model=model, args=args, train_dataset=data, processing_class=tokenizer)
with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    out = trainer.train()
print(out.training_loss)
