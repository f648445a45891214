"""A character-level language model: a small GPT that learns to write like the text it is given.

    python examples/char_gpt.py [--text FILE] [--steps 400] [--device wgpu]

Without --text it learns the Python documentation of its own library.
"""

import argparse
from pathlib import Path

import ferrotorch as torch
import ferrotorch.nn.functional as F
from ferrotorch import nn
from tqdm import trange

CONTEXT, WIDTH, HEADS, LAYERS = 64, 96, 4, 3


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, each behind a normalisation and added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, WIDTH) to the same shape."""
        batch, time, _ = x.shape
        q, k, v = (t.view(batch, time, HEADS, -1).transpose(1, 2) for t in self.qkv(self.norm1(x)).chunk(3, dim=2))
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(heads.transpose(1, 2).reshape(batch, time, WIDTH))
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
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return self.head(self.norm(self.blocks(self.token(tokens) + self.position(places))))


@torch.no_grad()
def write(model: GPT, start: torch.Tensor, length: int) -> torch.Tensor:
    """Continue tokens (1, T) by sampling."""
    tokens = start
    for _ in range(length):
        scores = model(tokens[:, -CONTEXT:])[:, -1]
        tokens = torch.cat([tokens, torch.multinomial(scores.softmax(1), 1)], dim=1)
    return tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, nargs="*", default=sorted(Path(torch.__file__).parent.rglob("*.py")))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()

    text = "\n".join(path.read_text() for path in args.text)
    alphabet = sorted(set(text))
    number = {c: i for i, c in enumerate(alphabet)}
    data = torch.tensor([number[c] for c in text], device=args.device)
    print(f"{len(text):,} characters, {len(alphabet)} different ones")

    torch.manual_seed(0)
    model = GPT(len(alphabet)).to(args.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    bar = trange(args.steps, desc="training")
    for _ in bar:
        starts = torch.randint(0, len(data) - CONTEXT - 1, (16,)).tolist()
        inputs = torch.stack([data[i : i + CONTEXT] for i in starts])
        targets = torch.stack([data[i + 1 : i + CONTEXT + 1] for i in starts])
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    print("".join(alphabet[i] for i in write(model, data[None, :8], 300)[0].tolist()))


if __name__ == "__main__":
    main()
