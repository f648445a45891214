"""Masks by blocks: which blocks of keys the queries of a block look at."""

from __future__ import annotations

import itertools
import math
from typing import Any

import ferrotorch as torch
from ferrotorch import Tensor
from ferrotorch.nn.attention._mods import MaskMod, create_mask, noop_mask

__all__ = ["_DEFAULT_SPARSE_BLOCK_SIZE", "BlockMask", "create_block_mask"]

_DEFAULT_SPARSE_BLOCK_SIZE = 128
_TENSORS = (
    "kv_num_blocks", "kv_indices", "full_kv_num_blocks", "full_kv_indices", "q_num_blocks", "q_indices",
    "full_q_num_blocks", "full_q_indices",
)  # fmt: skip


def _dense(counts: Tensor, indices: Tensor, columns: int) -> Tensor:
    """The blocks that lists of indices name: ones of (..., rows, columns)."""
    names = torch.arange(indices.shape[-1], device=indices.device) < counts[..., None]
    found = torch.zeros(*indices.shape[:-1], columns + 1, dtype=torch.int32, device=indices.device)
    # What the lists do not use goes to a column that is cut off.
    found.scatter_(-1, torch.where(names, indices, columns).to(torch.int64), 1)
    return found[..., :columns].contiguous()


def _ordered(dense: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers of blocks in rows, and their columns first; the way back from `_dense`."""
    dense = dense.to(torch.int32)
    columns = torch.argsort(dense, dim=-1, descending=True, stable=True)
    return dense.sum(-1).to(torch.int32), columns.to(torch.int32)


def _sliced_mask(b: Tensor, h: Tensor, q_idx: Tensor, kv_idx: Tensor) -> Tensor:
    raise RuntimeError(
        "Cannot use mask_mod from a sliced BlockMask. When you slice a BlockMask using [], the mask_mod is not "
        "automatically adjusted to account for the slice offset. To fix this, set mask_mod on the sliced BlockMask"
    )


class BlockMask:
    """Which blocks of keys the queries of each block look at; made by :func:`create_block_mask`.

    Attributes:
        kv_num_blocks, kv_indices: numbers and indices of the blocks in which the mask is to be asked.
        full_kv_num_blocks, full_kv_indices: of those in which all is let through; None if they are among the others.
        q_num_blocks, q_indices, full_q_num_blocks, full_q_indices: the same by blocks of keys.
        BLOCK_SIZE: queries and keys of a block.
        mask_mod: the mask by positions.
        seq_lengths: numbers of queries and keys.
    """

    kv_num_blocks: Tensor
    kv_indices: Tensor
    full_kv_num_blocks: Tensor | None
    full_kv_indices: Tensor | None
    q_num_blocks: Tensor | None
    q_indices: Tensor | None
    full_q_num_blocks: Tensor | None
    full_q_indices: Tensor | None

    def __init__(
        self, seq_lengths: tuple[int, int], BLOCK_SIZE: tuple[int, int], mask_mod: MaskMod, **blocks: Any
    ) -> None:
        if blocks["kv_indices"].dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        self.seq_lengths, self.BLOCK_SIZE, self.mask_mod = seq_lengths, BLOCK_SIZE, mask_mod
        for name in _TENSORS:
            setattr(self, name, blocks.get(name))

    @classmethod
    def from_kv_blocks(
        cls,
        kv_num_blocks: Tensor,
        kv_indices: Tensor,
        full_kv_num_blocks: Tensor | None = None,
        full_kv_indices: Tensor | None = None,
        BLOCK_SIZE: int | tuple[int, int] = _DEFAULT_SPARSE_BLOCK_SIZE,
        mask_mod: MaskMod | None = None,
        seq_lengths: tuple[int, int] | None = None,
        compute_q_blocks: bool = True,
    ) -> BlockMask:
        """The mask of blocks that are given.

        Args:
            kv_num_blocks, kv_indices: (B, H, rows) and (B, H, rows, columns).
            full_kv_num_blocks, full_kv_indices: the same, of blocks in which all is let through.
            BLOCK_SIZE: queries and keys of a block.
            mask_mod: the mask by positions; all by default.
            seq_lengths: numbers of queries and keys; as many as the blocks have by default.
            compute_q_blocks: list the blocks by keys, too.
        """
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        if (full_kv_num_blocks is None) != (full_kv_indices is None):
            raise AssertionError("full_kv_num_blocks and full_kv_indices must be both provided or omitted")
        size = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
        lengths = seq_lengths or (kv_indices.shape[-2] * size[0], kv_indices.shape[-1] * size[1])
        columns = math.ceil(lengths[1] / size[1])
        blocks: dict[str, Any] = {}
        for prefix, counts, indices in (
            ("", kv_num_blocks, kv_indices),
            ("full_", full_kv_num_blocks, full_kv_indices),
        ):
            blocks |= {f"{prefix}kv_num_blocks": counts, f"{prefix}kv_indices": indices}
            if compute_q_blocks and counts is not None and indices is not None:
                found = _ordered(_dense(counts, indices, columns).transpose(-2, -1))
                blocks[f"{prefix}q_num_blocks"], blocks[f"{prefix}q_indices"] = found
        return cls(lengths, size, mask_mod or noop_mask, **blocks)

    @property
    def shape(self) -> tuple[int, ...]:
        """Batch, heads, queries, keys."""
        return (*self.kv_indices.shape[:-2], *self.seq_lengths)

    def numel(self) -> int:
        """The number of pairs of queries and keys."""
        return math.prod(self.shape)

    def sparsity(self) -> float:
        """The percentage of blocks that are left out."""
        grid = [math.ceil(length / size) for length, size in zip(self.seq_lengths, self.BLOCK_SIZE, strict=True)]
        computed = int(self.kv_num_blocks.sum())
        if self.full_kv_num_blocks is not None:
            computed += int(self.full_kv_num_blocks.sum())
        return 100 * (1 - computed / (math.prod(self.kv_num_blocks.shape[:-1]) * math.prod(grid)))

    def to_dense(self) -> Tensor:
        """Ones for the blocks that are computed."""
        dense = _dense(self.kv_num_blocks, self.kv_indices, self.kv_indices.shape[-1])
        if self.full_kv_num_blocks is None or self.full_kv_indices is None:
            return dense
        return dense | _dense(self.full_kv_num_blocks, self.full_kv_indices, self.full_kv_indices.shape[-1])

    def as_tuple(self, flatten: bool = True) -> tuple[Any, ...]:
        """Lengths, lists of blocks, sizes of blocks and the mask."""
        head: tuple[Any, ...] = self.seq_lengths if flatten else (self.seq_lengths,)
        size: tuple[Any, ...] = self.BLOCK_SIZE if flatten else (self.BLOCK_SIZE,)
        return (*head, *(getattr(self, name) for name in _TENSORS), *size, self.mask_mod)

    def to(self, device: Any) -> BlockMask:
        """The mask on another device."""
        blocks = {name: getattr(self, name) for name in _TENSORS}
        moved = {name: None if tensor is None else tensor.to(device) for name, tensor in blocks.items()}
        return BlockMask(self.seq_lengths, self.BLOCK_SIZE, self.mask_mod, **moved)

    def __getitem__(self, index: Any) -> BlockMask:
        """Some batches, heads and rows of blocks; a number keeps its dimension. Give the result a mask of its own."""
        index = index if isinstance(index, tuple) else (index,)
        if len(index) > 3:
            raise IndexError("BlockMask indexing supports batch, head, and Q-block dimensions")
        sizes = self.kv_num_blocks.shape[:3]
        whole = (*index, *[slice(None)] * 3)[:3]
        chosen = tuple(
            slice(i % n, i % n + 1) if isinstance(i, int) and -n <= i < n else i
            for i, n in zip(whole, sizes, strict=True)
        )
        parts = [getattr(self, name) for name in _TENSORS[:4]]
        parts = [None if part is None else part[chosen] for part in parts]
        lengths = (self._queries_of(chosen[2], parts[1].shape[-2]), self.seq_lengths[1])
        return BlockMask.from_kv_blocks(
            parts[0],
            parts[1],
            parts[2],
            parts[3],
            BLOCK_SIZE=self.BLOCK_SIZE,
            mask_mod=_sliced_mask,
            seq_lengths=lengths,
            compute_q_blocks=self.q_indices is not None,
        )

    def _queries_of(self, rows: Any, count: int) -> int:
        """The number of queries in chosen rows of blocks, of which the last may not be whole."""
        size, length = self.BLOCK_SIZE[0], self.seq_lengths[0]
        if not isinstance(rows, slice):
            return count * size
        return sum(min(size, length - row * size) for row in range(*rows.indices(math.ceil(length / size))))

    def _adjust(self, new_q_len: int, new_kv_len: int) -> BlockMask:
        """The part of the mask for fewer queries and keys."""
        rows, columns = (math.ceil(n / size) for n, size in zip((new_q_len, new_kv_len), self.BLOCK_SIZE, strict=True))
        lists = [(self.kv_num_blocks, self.kv_indices), (self.full_kv_num_blocks, self.full_kv_indices)]
        parts: list[Any] = []
        for counts, indices in lists:
            if counts is None or indices is None:
                parts += [None, None]
            else:
                dense = _dense(counts, indices, indices.shape[-1])[..., :rows, :columns]
                parts += _ordered(dense)
        return BlockMask.from_kv_blocks(
            parts[0],
            parts[1],
            parts[2],
            parts[3],
            BLOCK_SIZE=self.BLOCK_SIZE,
            mask_mod=self.mask_mod,
            seq_lengths=(new_q_len, new_kv_len),
            compute_q_blocks=self.q_indices is not None,
        )

    def __str__(self) -> str:
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%, \n{self.to_string().strip()}\n)"

    def __repr__(self) -> str:
        sizes = {name: getattr(self, name) for name in _TENSORS}
        lines = [f"{name}={None if tensor is None else tensor.shape}" for name, tensor in sizes.items()]
        lines += [f"BLOCK_SIZE={self.BLOCK_SIZE}", f"shape={self.shape}", f"sparsity={self.sparsity():.2f}%"]
        lines.append(f"mask_mod={getattr(self.mask_mod, '__name__', self.mask_mod)}")
        return "BlockMask(\n    " + ",\n    ".join(lines) + "\n)"

    def to_string(self, grid_size: int | tuple[int, int] = (20, 20), limit: int = 4) -> str:
        """A picture of the blocks, for the first ``limit`` batches and heads."""
        dense = self.to_dense()
        *batch, rows, columns = dense.shape
        grid = (grid_size, grid_size) if isinstance(grid_size, int) else grid_size
        steps = [
            max(1, math.ceil(n / (size if size > 0 else n))) for n, size in zip((rows, columns), grid, strict=True)
        ]
        pictures = []
        for number, place in enumerate(itertools.product(*map(range, batch))):
            if number == limit:
                pictures += [
                    "...",
                    "To print out more, set BlockMask.to_string(limit=N)",
                    "You can also index (BlockMask[batch, head]) to choose a specific batch or head",
                ]
                break
            pictures.append(f"{place}\n{_picture(dense[place], *steps)}")
        return "\n".join(pictures)


def _picture(dense: Tensor, row_step: int, column_step: int) -> str:
    lines = []
    for row in range(0, dense.shape[0], row_step):
        parts = (dense[row : row + row_step, c : c + column_step] for c in range(0, dense.shape[1], column_step))
        shares = (part.to(torch.float32).mean().item() for part in parts)
        lines.append("".join({1.0: "█", 0.0: " "}.get(share, "░") * 2 for share in shares) + "\n")
    return "".join(lines)


def create_block_mask(
    mask_mod: MaskMod,
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: int | tuple[int, int] = _DEFAULT_SPARSE_BLOCK_SIZE,
    _compile: bool = False,
    separate_full_blocks: bool = True,
) -> BlockMask:
    """The blocks of a mask.

    Args:
        mask_mod: the mask: ``mask_mod(b, h, q_idx, kv_idx)`` is true where a query may look at a key.
        B, H: numbers of batches and heads; None: the mask is the same for all.
        Q_LEN, KV_LEN: numbers of queries and keys.
        device: where the lists of blocks shall be.
        BLOCK_SIZE: queries and keys of a block.
        separate_full_blocks: list blocks in which all is let through by themselves.
    """
    size = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    rows, columns = math.ceil(Q_LEN / size[0]), math.ceil(KV_LEN / size[1])
    padding = (0, columns * size[1] - KV_LEN, 0, rows * size[0] - Q_LEN)
    padded = torch.nn.functional.pad(mask, padding).view(*mask.shape[:2], rows, size[0], columns, size[1])
    let_through = padded.sum((-3, -1))
    full = (let_through == size[0] * size[1]) & separate_full_blocks
    partial = (let_through > 0) & ~full
    counts, indices = _ordered(partial)
    full_counts, full_indices = _ordered(full) if separate_full_blocks else (None, None)
    return BlockMask.from_kv_blocks(
        counts, indices, full_counts, full_indices, BLOCK_SIZE=size, mask_mod=mask_mod, seq_lengths=(Q_LEN, KV_LEN)
    )
