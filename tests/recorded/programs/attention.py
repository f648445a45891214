"""Masks by blocks: how they are listed, counted, shown, cut and put together; attention with functions."""

from importlib import import_module
from typing import Any


def _flex(s: Any) -> Any:
    return import_module(f"{s.torch.__name__}.nn.attention.flex_attention")


def _causal(b: Any, h: Any, q: Any, kv: Any) -> Any:
    return q >= kv


def _near(b: Any, h: Any, q: Any, kv: Any) -> Any:
    return (q - kv).abs() < 3


def _uneven(b: Any, h: Any, q: Any, kv: Any) -> Any:
    return (q + 2 * h >= kv) & (kv >= b)


def _columns(mask: Any) -> list[Any]:
    """The lists of a mask: how many blocks, and these (the order of the others is nobody's business)."""
    found = []
    for kind in ("kv", "full_kv", "q", "full_q"):
        counts, indices = getattr(mask, f"{kind}_num_blocks"), getattr(mask, f"{kind}_indices")
        if counts is None:
            found.append([kind, None])
            continue
        rows = zip(counts.flatten().tolist(), indices.flatten(0, -2).tolist(), strict=True)
        found.append([kind, str(counts.dtype), list(counts.shape), list(indices.shape), [r[:n] for n, r in rows]])
    return found


def _described(mask: Any) -> list[Any]:
    return [
        _columns(mask),
        list(mask.shape),
        mask.numel(),
        round(mask.sparsity(), 6),
        mask.to_dense(),
        list(mask.BLOCK_SIZE),
        list(mask.seq_lengths),
    ]


def blocks_of_masks(s: Any) -> Any:
    make = _flex(s).create_block_mask
    answers = []
    for mod in (_causal, _near, _uneven):
        for b, h, q, kv, size in (
            (None, None, 10, 10, 4),
            (2, None, 9, 12, (3, 4)),
            (1, 3, 8, 16, (2, 8)),
            (2, 2, 5, 7, (8, 8)),
        ):
            answers.append(_described(make(mod, b, h, q, kv, device="cpu", BLOCK_SIZE=size)))
    answers.append(_described(make(_causal, 1, 1, 260, 130, device="cpu")))
    return answers


def pictures_of_masks(s: Any) -> Any:
    make = _flex(s).create_block_mask
    small = make(_causal, None, None, 10, 12, device="cpu", BLOCK_SIZE=(4, 3))
    large = make(_near, None, None, 60, 50, device="cpu", BLOCK_SIZE=2)
    several = make(_uneven, 3, 2, 6, 6, device="cpu", BLOCK_SIZE=2)
    pictures = [str(small), repr(small), str(large), str(several)]
    pictures += [large.to_string(size) for size in (4, 7, (3, 11), 100, -1)]
    pictures += [several.to_string(limit=n) for n in (0, 1, 5, 6)]
    return [pictures, small.to_string((2, -1))]


def parts_of_masks(s: Any) -> Any:
    make = _flex(s).create_block_mask
    mask = make(_uneven, 2, 3, 10, 8, device="cpu", BLOCK_SIZE=(4, 2))
    torch = s.torch
    places = [
        (0,),
        (1, 2),
        (-1, -3),
        (slice(None), 1, 2),
        (0, slice(1, None), slice(0, 2)),
        (slice(None), slice(None), -1),
        (torch.tensor([1, 0]),),
        (0, torch.tensor([0, 2])),
    ]
    return [_described(mask[place if len(place) > 1 else place[0]]) for place in places]


def fewer_positions(s: Any) -> Any:
    mask = _flex(s).create_block_mask(_near, None, 2, 12, 12, device="cpu", BLOCK_SIZE=4)
    return [_described(mask._adjust(q, kv)) for q, kv in ((6, 6), (12, 5), (3, 12), (1, 1), (8, 9))]


def masks_of_given_blocks(s: Any) -> Any:
    torch, Mask = s.torch, _flex(s).BlockMask
    counts = torch.tensor([[[1, 2]]], dtype=torch.int32)
    indices = torch.tensor([[[[1, 0], [0, 1]]]], dtype=torch.int32)
    whole = torch.tensor([[[1, 0]]], dtype=torch.int32), torch.tensor([[[[0, 1], [0, 1]]]], dtype=torch.int32)
    plain = Mask.from_kv_blocks(counts, indices, BLOCK_SIZE=4)
    with_full = Mask.from_kv_blocks(counts, indices, *whole, BLOCK_SIZE=(4, 2), mask_mod=_causal, seq_lengths=(7, 3))
    alone = Mask.from_kv_blocks(counts, indices, BLOCK_SIZE=4, compute_q_blocks=False)
    default = Mask.from_kv_blocks(counts, indices)
    flat, nested = with_full.as_tuple(), with_full.as_tuple(flatten=False)
    refused = [
        s.raised(lambda: Mask.from_kv_blocks(counts, indices[0, 0, 0])),
        s.raised(lambda: Mask.from_kv_blocks(counts, indices, whole[0])),
        s.raised(lambda: Mask.from_kv_blocks(counts, indices, None, whole[1])),
        s.raised(lambda: plain[0, 0, 0, 0]),
        s.raised(lambda: plain[0].mask_mod(*[torch.tensor(0)] * 4)),
    ]
    every = plain.mask_mod(*[torch.tensor(0)] * 4)
    return [
        [_described(m) for m in (plain, with_full, default)],
        _columns(alone),
        [x for x in flat if isinstance(x, int)],
        [list(x) for x in nested if isinstance(x, tuple)],
        refused,
        every,
        with_full.to("cpu").to_dense(),
    ]


def masks_in_full(s: Any) -> Any:
    flex = _flex(s)
    both, either = flex.and_masks(_causal, _near), flex.or_masks(_causal, _uneven)
    made = [
        flex.create_mask(mod, b, h, q, kv, device="cpu")
        for mod in (_causal, both, either, flex.and_masks(), flex.or_masks())
        for b, h, q, kv in ((None, None, 4, 5), (2, 3, 3, 2))
    ]
    scores = flex.create_mask(
        lambda score, b, h, q, kv: score + q * 10 + kv + h * 100 + b * 1000, 2, 2, 2, 3, device="cpu"
    )
    refused = [s.raised(lambda: flex.and_masks(3)), s.raised(lambda: flex.or_masks(_causal, None))]
    return [made, scores, refused]


def attention_by_functions(s: Any) -> Any:
    flex, torch = _flex(s), s.torch
    q, k, v = s.T(2, 4, 6, 4).float(), s.T(2, 4, 6, 4, shift=0.2).float(), s.T(2, 4, 6, 4, shift=0.4).float()
    few_k, few_v = k[:, :2], v[:, :2]
    mask = flex.create_block_mask(_causal, None, None, 6, 6, device="cpu", BLOCK_SIZE=2)
    bias = lambda score, b, h, i, j: score + 0.1 * (i - j) * (h + 1)  # noqa: E731
    answers = [
        flex.flex_attention(q, k, v),
        flex.flex_attention(q, k, v, bias),
        flex.flex_attention(q, k, v, block_mask=mask),
        flex.flex_attention(q, k, v, bias, mask, scale=0.3),
        flex.flex_attention(q, few_k, few_v, bias, mask, enable_gqa=True),
        list(flex.flex_attention(q, k, v, block_mask=mask, return_lse=True)),
    ]
    refused = [
        s.raised(lambda: flex.flex_attention(q, few_k, few_v)),
        s.raised(lambda: flex.flex_attention(q[:, :3], few_k, few_v, enable_gqa=True)),
        s.raised(lambda: flex.flex_attention(q[0], k[0], v[0])),
        s.raised(lambda: flex.flex_attention(q, k[..., :3], v)),
        s.raised(lambda: flex.flex_attention(q, k[:, :, :4], v)),
        s.raised(lambda: flex.flex_attention(q, k[:1], v)),
    ]
    return [answers, refused, torch.is_grad_enabled()]


def causal_biases(s: Any) -> Any:
    bias = import_module(f"{s.torch.__name__}.nn.attention.bias")
    torch, answers = s.torch, []
    for rows, columns in ((3, 3), (2, 4), (4, 2), (1, 1)):
        for make in (bias.causal_upper_left, bias.causal_lower_right):
            made = make(rows, columns)
            answers.append([made.variant.name, made.seq_len_q, made.seq_len_kv, repr(made).split("(")[0]])
            answers.append(made._materialize().float())
            q, k = s.T(1, 1, rows, 4), s.T(1, 1, columns, 4, shift=0.3)
            if make is bias.causal_upper_left or rows <= columns:
                answers.append(torch.nn.functional.scaled_dot_product_attention(q, k, k, attn_mask=made))
    return answers
