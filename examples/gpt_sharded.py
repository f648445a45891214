"""Train a small GPT of which each process has a part: fully_shard over blocks, a checkpoint, a step of sampling.

    python -m ferrotorch.distributed.run --nproc-per-node 4 examples/gpt_sharded.py [--steps 100] [--checkpoint FOLDER]

Nothing here is of this library: the program is one for PyTorch and ``torchrun``. Every process takes its share of each
batch, so any number of them learns the same.
"""

import argparse
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as checkpoint
import torch.nn.functional as F
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict
from torch.distributed.fsdp import fully_shard

TEXT = (Path(__file__).parent / "char_gpt.py").read_text()
CONTEXT, WIDTH, HEADS, LAYERS, GLOBAL_BATCH = 32, 64, 4, 4, 16


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, each behind a normalisation and added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, WIDTH) to the same shape."""
        q, k, v = (t.unflatten(2, (HEADS, -1)).transpose(1, 2) for t in self.qkv(self.norm1(x)).chunk(3, dim=2))
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    """Token and position embeddings, blocks, a score for each character."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, vocabulary)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Scores (B, T, vocabulary) of what follows each of the tokens (B, T)."""
        x = self.token(tokens) + self.position(torch.arange(tokens.shape[1]))
        return self.head(self.norm(self.blocks(x)))


def share(tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """This process's part of a batch, the same batch in all: inputs (B, CONTEXT), and what follows them."""
    begins = torch.randint(len(tokens) - CONTEXT, (GLOBAL_BATCH,))[dist.get_rank() :: dist.get_world_size()]
    rows = torch.stack([tokens[begin : begin + CONTEXT + 1] for begin in begins])
    return rows[:, :-1], rows[:, 1:]


def main() -> None:
    """Train, and tell the mean loss of the last steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    dist.init_process_group("gloo")
    letters = sorted(set(TEXT))
    tokens = torch.tensor([letters.index(letter) for letter in TEXT])
    torch.manual_seed(0)
    model = GPT(len(letters))
    for block in model.blocks:
        fully_shard(block)
    fully_shard(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(options.steps):
        inputs, following = share(tokens)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), following.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        mean = loss.detach() / dist.get_world_size()
        dist.all_reduce(mean)
        losses.append(mean.item())
    if options.checkpoint:
        of_model, of_optimizer = get_state_dict(model, optimizer)
        checkpoint.save({"model": of_model, "optimizer": of_optimizer}, checkpoint_id=options.checkpoint)
    if dist.get_rank() == 0:
        here = sum(parameter.to_local().numel() for parameter in model.parameters())
        every = sum(parameter.numel() for parameter in model.parameters())
        print(f"loss {losses[0]:.3f} at first, {sum(losses[-10:]) / 10:.3f} at last; {here} of {every} parameters here")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
