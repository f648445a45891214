"""Attention with scores and masks that are functions, against attention with masks in full."""

from __future__ import annotations

import math

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F
from ferrotorch.nn.attention import SDPBackend, sdpa_kernel
from ferrotorch.nn.attention.flex_attention import (
    AuxRequest,
    and_masks,
    create_block_mask,
    create_mask,
    flex_attention,
    or_masks,
)


def causal(b, h, q_idx, kv_idx):
    return q_idx >= kv_idx


def near(b, h, q_idx, kv_idx):
    return q_idx - kv_idx < 3


def inputs(*shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


PICTURE = """\
BlockMask(shape=(1, 1, 10, 10), sparsity=33.33%, 
(0, 0)
██    
████  
██████
)"""  # noqa: W291


def test_block_masks():
    mask = create_block_mask(causal, None, None, 10, 10, BLOCK_SIZE=4)
    assert str(mask) == PICTURE
    assert mask.kv_num_blocks.tolist() == [[[1, 1, 3]]] and mask.full_kv_num_blocks.tolist() == [[[0, 1, 0]]]
    assert mask.kv_indices[..., 0].tolist() == [[[0, 1, 0]]] and mask.full_kv_indices[0, 0, 1, 0].item() == 0
    assert mask.full_q_num_blocks.tolist() == [[[1, 0, 0]]]
    assert mask.to_dense().tolist() == [[[[1, 0, 0], [1, 1, 0], [1, 1, 1]]]]
    assert mask[0, 0, 2].shape == (1, 1, 2, 10) and mask._adjust(6, 6).shape == (1, 1, 6, 6)
    assert "mask_mod=causal" in repr(mask) and mask.numel() == 100
    merged = create_block_mask(causal, None, None, 10, 10, BLOCK_SIZE=4, separate_full_blocks=False)
    assert merged.full_kv_indices is None and torch.equal(merged.to_dense(), mask.to_dense())


def test_masks_in_full():
    both = create_mask(and_masks(causal, near), 2, None, 4, 4)
    assert both.shape == (2, 1, 4, 4) and both.dtype is torch.bool
    assert both[0, 0].int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]]
    assert create_mask(or_masks(causal, near), 1, 1, 4, 4).all()


def test_values_and_gradients():
    q, k, v = inputs(*[(2, 4, 10, 8)] * 3)
    bias = torch.tensor([0.1, 0.2, -0.3, 0.4], dtype=torch.float64)

    def score_mod(score, b, h, q_idx, kv_idx):
        return score + bias[h] * (q_idx - kv_idx)

    mask = create_block_mask(causal, None, None, 10, 10, BLOCK_SIZE=4)
    found, aux = flex_attention(q, k, v, score_mod, mask, return_aux=AuxRequest(lse=True, max_scores=True))
    places = torch.arange(10)
    added = bias[:, None, None] * (places[:, None] - places) + torch.full((10, 10), -math.inf).triu(1)
    right = F.scaled_dot_product_attention(q, k, v, attn_mask=added)
    assert torch.allclose(found, right)
    scores = q @ k.mT / math.sqrt(8) + added
    assert torch.allclose(aux.lse, scores.logsumexp(-1)) and torch.allclose(aux.max_scores, scores.amax(-1))
    for left, other in zip(*(torch.autograd.grad(o.square().sum(), (q, k, v)) for o in (found, right)), strict=True):
        assert torch.allclose(left, other)


def test_shared_heads_and_rows_without_keys():
    q, k, v = inputs((1, 4, 6, 8), (1, 2, 7, 8), (1, 2, 7, 3))
    right = F.scaled_dot_product_attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1))
    assert torch.allclose(flex_attention(q, k, v, enable_gqa=True), right)
    late = create_block_mask(lambda b, h, q_idx, kv_idx: q_idx > 3 + kv_idx * 0, None, None, 6, 7, BLOCK_SIZE=2)
    found, lse = flex_attention(q, k, v, block_mask=late, enable_gqa=True, return_lse=True)
    assert found[:, :, :4].eq(0).all() and lse[:, :, :4].isneginf().all()
    assert torch.allclose(found[:, :, 4:], right[:, :, 4:])


def test_what_does_not_go_together():
    q, k, v = inputs((1, 4, 6, 8), (1, 2, 6, 8), (1, 2, 6, 8))
    with pytest.raises(ValueError, match="Expect query and key/value to have the same number of heads but got Hq=4"):
        flex_attention(q, k, v)
    with pytest.raises(NotImplementedError, match="query, key, and value must be 4D tensors"):
        flex_attention(q[0], k[0], v[0])
    with pytest.raises(RuntimeError, match="block_mask was created for a smaller length than you're using it for"):
        flex_attention(q, q, q, block_mask=create_block_mask(causal, None, None, 4, 4))
    sliced = create_block_mask(causal, None, None, 256, 256)[0]
    with pytest.raises(RuntimeError, match="Cannot use mask_mod from a sliced BlockMask"):
        flex_attention(q, q, q, block_mask=sliced)


def test_choosing_an_implementation():
    q, k, v = inputs(*[(1, 2, 4, 8)] * 3)
    right = F.scaled_dot_product_attention(q, k, v)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert torch.equal(F.scaled_dot_product_attention(q, k, v), right)
    with pytest.raises(AssertionError, match="Backend must be an instance of SDPBackend"), sdpa_kernel("math"):
        pass
    assert repr(SDPBackend.MATH) == "<SDPBackend.MATH: 0>"
