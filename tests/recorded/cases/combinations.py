"""Layers that look at parts of their input, with each combination of options: windows, tables of rows, attention, steps."""

from recorded.cases.options import over

CONVOLUTIONS = {
    "convolutions": over(
        "grads(lambda x, w: F.conv1d(x, w, {bias}, {stride}, {padding}, {dilation}, {groups}), T(2, 4, 9), T(6, 4 // {groups}, 3))",
        bias=(None, "T(6)"),
        stride=(1, "(2,)"),
        padding=(0, "[1]"),
        dilation=(1, 2),
        groups=(1, 2),
    )
    + over(
        "grads(lambda x, w: F.conv2d(x, w, None, 1, {padding}, {dilation}), T({batch}2, 5, 6), T(3, 2, {kernel}))",
        padding=("'same'", "'valid'", "(1, 0)", "[0, 2]"),
        dilation=(1, "(1, 2)"),
        kernel=("2, 3", "1, 2"),
        batch=("", "1, "),
    )
    + over(
        "F.conv3d(T(1, 2, 3, 4, 4), T(2, 2, 2, 1, 3), None, 1, {padding})", padding=("'same'", "'valid'", "(1, 0, 1)")
    ),
    "transposed": over(
        "grads(lambda x, w: F.conv_transpose1d(x, w, {bias}, {stride}, {padding}, {extra}, {groups}, {dilation}), "
        "T(1, 4, 5), T(4, 3, 3))",
        bias=(None,),
        stride=("2", "(3,)"),
        padding=(0, 1),
        extra=(0, "[1]"),
        groups=(1, 2),
        dilation=(1, 2),
    )
    + over(
        "F.conv_transpose2d(T(2, 3, 4), T(2, 2, 2, 3), None, {stride}, {padding})",
        stride=(1, "(2, 1)"),
        padding=(0, "(0, 1)"),
    )
    + over("F.conv_transpose3d(T(1, 2, 2, 3, 2), T(2, 1, 2, 2, 3), None, {stride})", stride=(1, "(2, 1, 3)")),
    "blocks": over(
        "grads(lambda x: F.unfold(x, {kernel}, {dilation}, {padding}, {stride}), T(2, 3, 6, 7))",
        kernel=(2, "(1, 3)"),
        dilation=(1, "(2, 1)"),
        padding=(0, "(1, 2)"),
        stride=(1, "(2, 3)"),
    )
    + [
        "F.unfold(T(3, 4, 5), 2)",
        "raised(lambda: F.unfold(T(1, 1, 2, 2), 3))",
        "raised(lambda: F.fold(T(1, 4, 5), (3, 4), 2))",
        "raised(lambda: F.fold(T(1, 5, 6), (3, 4), 2))",
    ],
    "refusals of convolutions": [
        f"raised(lambda: F.{call})"
        for call in (
            "conv1d(T(2, 4, 9), T(6, 4, 3), None, 2, 'same')",
            "conv1d(T(2, 4, 9), T(6, 4, 3), None, 1, 'half')",
            "conv1d(T(2, 4, 9), T(6, 3, 3))",
            "conv1d(T(2, 4, 2), T(6, 4, 3))",
            "conv1d(T(2, 4, 9), T(6, 4, 3), T(5))",
            "conv1d(T(2, 4, 9), T(6, 4, 3), None, 0)",
            "conv1d(T(2, 4, 9), T(6, 4, 3), None, (1, 1))",
            "conv1d(T(2, 4, 9), T(6, 4, 3), None, 1, -1)",
            "conv1d(T(2, 4, 9), T(6, 2, 3), groups=3)",
            "conv_transpose1d(T(1, 4, 5), T(4, 3, 3), None, 2, 0, 2)",
            "conv_transpose1d(T(1, 4, 5), T(3, 3, 3))",
        )
    ],
    "gradients of convolutions": over(
        "torch.nn.grad.conv{d}d_input([1, 2, {size}], T(3, 2, {kernel}), T(1, 3, {out}))",
        d=(1,),
        size=("6",),
        kernel=("3",),
        out=("4",),
    )
    + [
        "torch.nn.grad.conv2d_input((1, 2, 5, 6), T(3, 2, 3, 2), T(1, 3, 2, 5), stride=(2, 1), padding=(0, 1), dilation=(1, 3))",
        "torch.nn.grad.conv2d_weight(T(1, 2, 5, 6), (3, 2, 3, 2), T(1, 3, 2, 5), stride=(2, 1), padding=(0, 1), dilation=(1, 3))",
        "torch.nn.grad.conv3d_input((1, 1, 3, 3, 3), T(2, 1, 2, 2, 2), T(1, 2, 2, 2, 2))",
        "torch.nn.grad.conv3d_weight(T(1, 2, 3, 3, 3), (2, 1, 2, 2, 2), T(1, 2, 2, 2, 2), groups=2)",
        "torch.nn.grad.conv1d_weight(T(1, 2, 6), (3, 2, 3), T(1, 3, 3), stride=2, padding=1)",
    ],
}

WINDOWS = {
    "unpooled": over(
        "F.max_unpool1d(*F.max_pool1d(T({lead}9), {kernel}, {stride}, {padding}, return_indices=True), {kernel}, {stride}, {padding})",
        lead=("1, 2, ", "2, "),
        kernel=(2, 3),
        stride=(None, 2),
        padding=(0, 1),
    )
    + over(
        "F.max_unpool2d(*F.max_pool2d(T({lead}6, 8), (2, 3), (2, 3), return_indices=True), (2, 3), (2, 3), output_size={size})",
        lead=("1, 2, ", "2, "),
        size=("(7, 8)", "(6, 8)", "[1, 2, 6, 8]"),
    )
    + ["grads(lambda x: F.max_unpool3d(x, torch.tensor([[[[[3]]]]]), 2), T(1, 1, 1, 1, 1))"]
    + [
        f"raised(lambda: F.max_unpool1d({call}))"
        for call in (
            "T(1, 1, 2), torch.tensor([[[0, 4]]]), 2",
            "T(1, 1, 2), torch.tensor([[[0, -1]]]), 2",
            "T(1, 1, 2), torch.tensor([[[0, 3]]]), 2, output_size=(2,)",
            "T(1, 1, 2), torch.tensor([[[0, 3]]]), 2, output_size=(6,)",
            "T(1, 1, 2), torch.tensor([[[0, 3]]]), 2, output_size=(4, 4, 4, 4)",
            "T(1, 1, 2), torch.tensor([[[0]]]), 2",
            "T(2), torch.tensor([0, 1]), 2",
        )
    ]
    + over(
        "F.max_unpool1d(T(1, 1, 2), torch.tensor([[[0, 2]]]), 2, output_size=({size},))",
        size=(3, 5),
    ),
    "fractions": over(
        "grads(lambda x: F.fractional_max_pool2d(x, {kernel}, {size}, _random_samples=P(2, 2, 2)), T({lead}7, 8))",
        kernel=(2, "(3, 2)"),
        size=("(3, 4)", "1", "None, (0.5, 0.6)"),
        lead=("2, 2, ",),
    )
    + [
        "F.fractional_max_pool2d(T(2, 5, 5), 2, 3, return_indices=True, _random_samples=P(1, 2, 2))",
        "F.fractional_max_pool3d(T(1, 1, 4, 5, 6), (2, 1, 3), (2, 3, 1), return_indices=True, _random_samples=P(1, 1, 3))",
        "F.fractional_max_pool3d(T(1, 4, 5, 6), 2, output_ratio=(0.5, 0.5, 0.4), _random_samples=P(1, 1, 3))",
        "seeded(lambda: F.fractional_max_pool2d(T(1, 2, 7, 7), 2, 3))",
        "raised(lambda: F.fractional_max_pool2d(T(1, 2, 7, 7), 3, 6))",
        "F.fractional_max_pool2d(T(1, 1, 4, 4), 2, 3, _random_samples=P(1, 1, 2))",
        "raised(lambda: F.fractional_max_pool2d(T(1, 2, 7, 7), 3))",
    ],
    "means": over(
        "grads(lambda x: F.avg_pool2d(x, {kernel}, {stride}, {padding}, {ceil}, {counts}, {divisor}), T(1, 2, 5, 6))",
        kernel=("(2, 3)",),
        stride=(None, "(2, 1)"),
        padding=(0, "(1, 1)"),
        ceil=(True, False),
        counts=(True, False),
        divisor=(None, 3),
    )
    + over(
        "F.avg_pool1d(T(2, 7), {kernel}, {stride}, {padding}, {ceil}, {counts})",
        kernel=(3,),
        stride=(2,),
        padding=(0, 1),
        ceil=(True, False),
        counts=(True, False),
    )
    + over(
        "F.adaptive_avg_pool2d(T({lead}5, 7), {size})",
        lead=("2, ", "1, 2, "),
        size=("(2, None)", "3", "(None, 1)", "(5, 7)", "(6, 9)"),
    )
    + over(
        "F.adaptive_max_pool1d(T({lead}7), {size}, return_indices={indices})",
        lead=("2, ", "1, 2, "),
        size=(3, 1, "(7,)"),
        indices=(True, False),
    ),
    "powers": over(
        "grads(lambda x: F.lp_pool{d}d(x, {p}, 2, {stride}, {ceil}), {sign}T({shape}))",
        d=(1,),
        p=(1, 2.0, 3),
        stride=(None, 1),
        ceil=(True, False),
        sign=("", "-"),
        shape=("1, 2, 7",),
    )
    + over(
        "F.lp_pool2d(P(1, 2, 5, 6), {p}, (2, 3), {stride}, {ceil})",
        p=(2, "2.5"),
        stride=(None, "(1, 2)"),
        ceil=(True, False),
    )
    + over("F.lp_pool3d(P(1, 1, 3, 4, 5), {p}, (1, 2, 3), {stride})", p=(2,), stride=(None, "(1, 2, 2)")),
}

TABLES_OF_ROWS = {
    "rows": over(
        "grads(lambda w: F.embedding({index}, w, {padding}, None, 2.0, {frequency}), T(4, 3))",
        index=("torch.tensor([[0, 3, 0], [1, 1, 0]])", "torch.tensor(2)"),
        padding=(None, 0, -1, 3),
        frequency=(True, False),
    )
    + over(
        "(lambda w: [F.embedding(torch.tensor([0, 3, 0]), w, None, {most}, {p}), w])(T(4, 3) * 2)",
        most=(0.5, 3.0),
        p=(1.0, 2.0, "float('inf')"),
    )
    + over("raised(lambda: F.embedding(torch.tensor([0, 3]), T(4, 3), {padding}))", padding=(4, -5))
    + [
        "raised(lambda: F.embedding(torch.tensor([0, 4]), T(4, 3)))",
        "raised(lambda: F.embedding(torch.tensor([0, -1]), T(4, 3)))",
        "raised(lambda: F.embedding(torch.tensor([0.5]), T(4, 3)))",
    ],
    "bags": over(
        "grads(lambda w: F.embedding_bag({index}, w, {offsets}, mode={mode}, padding_idx={padding}, include_last_offset={last}), T(4, 3))",
        index=("torch.tensor([0, 3, 0, 1, 2])",),
        offsets=("torch.tensor([0, 2, 2, 5])", "torch.tensor([0, 0, 5])"),
        mode=("'sum'", "'mean'", "'max'"),
        padding=(None, 0, -2),
        last=(True, False),
    )
    + over(
        "grads(lambda w, p: F.embedding_bag(torch.tensor([[0, 3, 0], [1, 1, 2]]), w, mode='sum', scale_grad_by_freq={frequency}, "
        "per_sample_weights=p, padding_idx={padding}), T(4, 3), P(2, 3))",
        frequency=(False,),
        padding=(None, 1),
    )
    + over(
        "grads(lambda w: F.embedding_bag(torch.tensor([[0, 3, 0], [1, 1, 2]]), w, mode={mode}, scale_grad_by_freq=True), T(4, 3))",
        mode=("'sum'", "'mean'"),
    )
    + over(
        "(lambda w: [F.embedding_bag(torch.tensor([[0, 3]]), w, max_norm={most}, norm_type={p}), w])(T(4, 3))",
        most=(0.5, 3.0),
        p=(1, 2),
    )
    + [
        f"raised(lambda: F.embedding_bag({call}))"
        for call in (
            "torch.tensor([[0, 3]]), T(4, 3), mode='median'",
            "torch.tensor([[0, 3]]), T(4, 3), mode='mean', per_sample_weights=P(1, 2)",
            "torch.tensor([[0, 3]]), T(4, 3), mode='sum', per_sample_weights=P(2)",
            "torch.tensor([[0, 3]]), T(4, 3), mode='sum', per_sample_weights=P(1, 2).float()",
            "torch.tensor([[0, 3]]), T(4, 3), torch.tensor([0])",
            "torch.tensor([0, 3]), T(4, 3)",
            "torch.tensor([0, 3]), T(4, 3), torch.tensor([1])",
            "torch.tensor([0, 3]), T(4, 3), torch.tensor([0, 3])",
            "torch.tensor([0, 3]), T(4, 3), torch.tensor([[0]])",
            "torch.tensor([0, 4]), T(4, 3), torch.tensor([0])",
            "torch.tensor([0, 3]), T(4), torch.tensor([0])",
            "torch.tensor([[[0]]]), T(4, 3)",
            "torch.tensor([0, 3]), T(4, 3), torch.tensor([0]), padding_idx=4",
            "torch.tensor([0, 3]), T(4, 3), torch.tensor([0]), mode='max', scale_grad_by_freq=True",
        )
    ],
    "one hot": over("F.one_hot(torch.tensor({index}), {count})", index=([0, 2], [[1], [0]]), count=(3, 5))
    + [
        "F.one_hot(torch.tensor(2))",
        "raised(lambda: F.one_hot(torch.tensor([])))",
        "raised(lambda: F.one_hot(torch.tensor([-1])))",
        "raised(lambda: F.one_hot(torch.tensor([3]), 3))",
        "raised(lambda: F.one_hot(torch.zeros(0, dtype=torch.int64)))",
        "F.one_hot(torch.zeros(0, dtype=torch.int64), 2)",
    ],
}

HEADS = (
    "F.multi_head_attention_forward(q, {key}, {key}, 4, 2, T(12, 4), {bias}, {extra}, {zero}, 0.0, T(4, 4), {bias_out}, "
    "key_padding_mask={padding}, need_weights={weights}, attn_mask={mask}, average_attn_weights={average})"
)
ATTENTION = {
    "heads": over(
        f"grads(lambda q: {HEADS}, T(3, 2, 4))",
        key=("q", "T(3, 2, 4, shift=0.2)"),
        bias=("T(12)", None),
        bias_out=("T(4)",),
        extra=("None, None", "T(1, 1, 4), T(1, 1, 4, shift=0.1)"),
        zero=(True, False),
        padding=(None, "torch.tensor([[False, True, False], [True, False, False]])"),
        weights=(True, False),
        mask=(None, "torch.ones(3, 3, dtype=torch.bool).triu(1)"),
        average=(True,),
    )
    + over(
        HEADS.join(("(lambda q: ", ")(T({shape}))")),
        key=("q",),
        bias=("T(12)",),
        bias_out=(None,),
        extra=("None, None",),
        zero=(False,),
        padding=(None,),
        weights=(True, False),
        mask=("T(3, 3)", "None"),
        average=(True, False),
        shape=("3, 2, 4", "3, 4"),
    )
    + [
        "F.multi_head_attention_forward(T(3, 2, 4), T(5, 2, 3), T(5, 2, 6), 4, 2, None, T(12), None, None, False, 0.0, T(4, 4), T(4), "
        "use_separate_proj_weight=True, q_proj_weight=T(4, 4), k_proj_weight=T(4, 3), v_proj_weight=T(4, 6), attn_mask=T(4, 3, 5))",
        "F.multi_head_attention_forward(T(3, 2, 4), T(5, 2, 4), T(5, 2, 4), 4, 2, T(12, 4), T(12), None, None, False, 0.0, T(4, 4), T(4), "
        "static_k=T(4, 6, 2), static_v=T(4, 6, 2, shift=0.3))",
        "F.multi_head_attention_forward(T(3, 4), T(5, 4), T(5, 4), 4, 2, T(12, 4), T(12), None, None, False, 0.0, T(4, 4), T(4), "
        "key_padding_mask=torch.tensor([False, True, False, False, True]))",
        "F.multi_head_attention_forward(T(3, 2, 4), T(5, 2, 4), T(5, 2, 4), 4, 2, T(12, 4), T(12), None, None, False, 0.5, T(4, 4), T(4), "
        "training=False, key_padding_mask=T(2, 5))",
    ],
    "refusals of attention": [
        f"raised(lambda: F.multi_head_attention_forward({qkv}, 4, {heads}, T(12, 4), T(12), None, None, False, 0.0, T(4, 4), T(4){more}))"
        for qkv, heads, more in (
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 3, ""),
            ("T(3, 2, 4), T(5, 4), T(5, 2, 4)", 2, ""),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 4)", 2, ""),
            ("T(3, 2, 4), T(5, 2, 4), T(4, 2, 4)", 2, ""),
            ("T(3, 2, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ""),
            ("T(4), T(4), T(4)", 2, ""),
            ("T(3, 2, 3), T(5, 2, 3), T(5, 2, 3)", 1, ""),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", attn_mask=T(5, 3)"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", attn_mask=T(2, 3, 5)"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", attn_mask=torch.ones(3, 5, dtype=torch.int64)"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", key_padding_mask=T(5)"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", key_padding_mask=T(5, 2)"),
            ("T(3, 4), T(5, 4), T(5, 4)", 2, ", key_padding_mask=T(1, 5)"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", is_causal=True"),
            ("T(3, 2, 4), T(5, 2, 4), T(5, 2, 4)", 2, ", use_separate_proj_weight=True"),
        )
    ],
    "layers of heads": over(
        "layer(nn.MultiheadAttention(4, 2, bias={bias}, add_bias_kv={kv}, add_zero_attn={zero}, kdim={kdim}, vdim={vdim}, batch_first={first}), "
        "T(3, 3, 4), T(3, 3, {kdim} or 4), T(3, 3, {vdim} or 4))",
        bias=(True, False),
        kv=(True, False),
        zero=(True, False),
        kdim=(None, 2),
        vdim=(None, 3),
        first=(True, False),
    ),
    "products": over(
        "grads(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, {mask}, 0.0, {causal}, scale={scale}), T(2, 3, 4), T(2, 5, 4, shift=0.1), T(2, 5, 2))",
        mask=(None,),
        causal=(True, False),
        scale=(None, 0.4),
    )
    + over(
        "F.scaled_dot_product_attention(T(2, 4, 3, 4), T(2, {kv}, 5, 4), T(2, {kv}, 5, 4), {mask}, enable_gqa=True)",
        kv=(1, 2, 4),
        mask=(None, "T(3, 5)", "M(3, 5)"),
    ),
}

STEPS = {
    "recurrent": over(
        "layer(nn.{kind}(3, {hidden}, {layers}, bias={bias}, batch_first={first}, bidirectional={both}), T({shape}))",
        kind=("RNN", "LSTM", "GRU"),
        hidden=(2,),
        layers=(1, 2),
        bias=(True, False),
        first=(True, False),
        both=(True, False),
        shape=("2, 4, 3",),
    )
    + over("layer(nn.{kind}(3, 2), T(4, 3))", kind=("RNN", "LSTM", "GRU"))
    + over(
        "layer(nn.RNN(3, 2, nonlinearity='relu', bidirectional={both}), T(4, 2, 3), T({n}, 2, 2))".replace(
            "{n}", "1 + {both}"
        ),
        both=(True, False),
    )
    + over(
        "layer(nn.LSTM(3, 4, {layers}, proj_size=2, bidirectional={both}), T(4, 2, 3))",
        layers=(1, 2),
        both=(True, False),
    )
    + over("layer(nn.GRU(3, 2), T(4, 2, 3), T(1, 2, 2)){tail}", tail=("",)),
    "packed": over(
        "(lambda m, x: [p.data if hasattr(p, 'data') and hasattr(p, 'batch_sizes') else p for p in m(x)])"
        "(fill(nn.{kind}(3, 2, bidirectional={both})), utils.rnn.pack_padded_sequence(T(4, 3, 3), torch.tensor({lengths}), "
        "enforce_sorted={ordered}))",
        kind=("RNN", "LSTM", "GRU"),
        both=(True, False),
        lengths=([4, 2, 1], [4, 4, 4]),
        ordered=(True, False),
    )
    + over(
        "utils.rnn.pad_packed_sequence(utils.rnn.pack_padded_sequence(T({shape}), torch.tensor({lengths}), batch_first={first}, "
        "enforce_sorted=False), batch_first={back}, padding_value={value}, total_length={total})",
        shape=("3, 3, 2",),
        lengths=([3, 1, 2], [1, 2, 1]),
        first=(True, False),
        back=(True, False),
        value=(0.0, -1.5),
        total=(None, 3, 5),
    )
    + over(
        "utils.rnn.pad_sequence([T(2, 3), T(4, 3), T(1, 3)], {first}, {value}, {side})",
        first=(True, False),
        value=(0.0, 9.0),
        side=("'right'", "'left'"),
    )
    + [
        "utils.rnn.unpad_sequence(T(3, 2, 2), torch.tensor([3, 1]))",
        "utils.rnn.unpad_sequence(T(2, 3, 2), torch.tensor([1, 3]), batch_first=True)",
        "utils.rnn.pack_sequence([T(3, 2), T(1, 2)]).data",
        "utils.rnn.pack_sequence([T(1, 2), T(3, 2)], enforce_sorted=False).sorted_indices",
        "utils.rnn.unpack_sequence(utils.rnn.pack_sequence([T(1, 2), T(3, 2)], enforce_sorted=False))",
        "raised(lambda: utils.rnn.pack_sequence([T(1, 2), T(3, 2)]))",
        "raised(lambda: utils.rnn.pack_padded_sequence(T(3, 2, 2), torch.tensor([3, 0])))",
        "raised(lambda: utils.rnn.pad_packed_sequence(utils.rnn.pack_sequence([T(3, 2)]), total_length=2))",
        "raised(lambda: utils.rnn.pad_sequence([T(2, 3), T(1, 3)], padding_side='middle'))",
        "(lambda p: [p.is_cuda, p.is_pinned(), p.double().data, p.float().data, p.int().data.dtype, p.to('cpu').batch_sizes, len(p)])"
        "(utils.rnn.pack_sequence([T(3, 2), T(1, 2)]))",
    ],
    "cells": over(
        "grads(lambda x, h: fill(nn.{kind}(3, 2, bias={bias}))(x, h), T({lead}3), T({lead}2))",
        kind=("RNNCell", "GRUCell"),
        bias=(True, False),
        lead=("", "4, "),
    )
    + over(
        "grads(lambda x, h, c: fill(nn.LSTMCell(3, 2, bias={bias}))(x, (h, c)), T({lead}3), T({lead}2), T({lead}2, shift=0.4))",
        bias=(True, False),
        lead=("", "4, "),
    )
    + over("fill(nn.{kind}(3, 2))(T({lead}3))", kind=("RNNCell", "GRUCell", "LSTMCell"), lead=("", "4, "))
    + ["fill(nn.RNNCell(3, 2, nonlinearity='relu'))(T(4, 3))"],
    "refusals of steps": [
        f"raised(lambda: fill(nn.{make})({call}))"
        for make, call in (
            ("RNN(3, 2)", "T(4, 2, 2)"),
            ("RNN(3, 2)", "T(3)"),
            ("RNN(3, 2)", "T(4, 2, 3), T(1, 3, 2)"),
            ("RNN(3, 2)", "T(4, 3), T(1, 1, 2)"),
            ("RNN(3, 2)", "T(4, 2, 3), T(1, 2)"),
            ("LSTM(3, 2)", "T(4, 2, 3), (T(1, 2, 2), T(1, 2, 3))"),
            ("LSTM(3, 2)", "T(4, 2, 3), (T(1, 2), T(1, 2))"),
            ("GRU(3, 2, 2)", "T(4, 2, 3), T(1, 2, 2)"),
            ("RNNCell(3, 2)", "T(2, 4)"),
            ("RNNCell(3, 2)", "T(2, 3), T(3, 2)"),
            ("RNNCell(3, 2)", "T(2, 3), T(2, 3)"),
            ("LSTMCell(3, 2)", "T(2, 2, 3)"),
            ("RNN(3, 0)", "T(2, 3)"),
            ("RNN(3, 2, 0)", "T(2, 3)"),
            ("LSTM(3, 2, proj_size=2)", "T(2, 3)"),
            ("GRU(3, 2, proj_size=1)", "T(2, 3)"),
            ("LSTM(3, 2, dropout=1.5)", "T(2, 3)"),
        )
    ],
}

RANDOM = {
    "dropouts": over(
        "seeded(lambda: F.{name}(T({shape}), {p}, {training}, {inplace}))",
        name=("dropout", "alpha_dropout", "feature_alpha_dropout"),
        shape=("2, 3, 4",),
        p=(0.0, 0.4, 1.0),
        training=(True, False),
        inplace=(True, False),
    )
    + over(
        "seeded(lambda: F.dropout1d(T({shape}), {p}, inplace={inplace}))",
        shape=("3, 4", "2, 3, 4"),
        p=(0.0, 0.4, 1.0),
        inplace=(True, False),
    )
    + over("seeded(lambda: F.dropout3d(T({shape}), {p}))", shape=("3, 2, 1, 2", "2, 3, 2, 1, 2"), p=(0.4, 1.0))
    + over(
        "raised(lambda: F.{name}(T(2, 3, 4, 2), {p}))",
        name=("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout2d"),
        p=(-0.1, 1.1),
    )
    + over("raised(lambda: F.dropout1d(T({shape})))", shape=("3", "2, 2, 2, 2"))
    + over("raised(lambda: F.feature_alpha_dropout(T({shape}), training=True))", shape=("3",)),
    "leaks": over(
        "seeded(lambda: F.rrelu(T(9), {low}, {high}, {training}))",
        low=(0.1, 0.3),
        high=(0.3, 0.5),
        training=(True, False),
    )
    + over(
        "seeded(lambda: F.gumbel_softmax(T(3, 4), {tau}, {hard}, dim={dim}))",
        tau=(1, 0.3),
        hard=(True, False),
        dim=(-1, 0),
    ),
}

CASES = {
    name: cases
    for subject in (CONVOLUTIONS, WINDOWS, TABLES_OF_ROWS, ATTENTION, STEPS, RANDOM)
    for name, cases in subject.items()
}
