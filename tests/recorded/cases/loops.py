"""Recurrent layers as functions, branches and loops, hashes, products of bytes."""

_W = "[T(8, 3, shift=s) for s in (0.1, 0.2)][:1] + [T(8, 2, shift=0.3), T(8), T(8, shift=0.5)]"
_G = "[T(6, 3), T(6, 2, shift=0.3), T(6), T(6, shift=0.5)]"
_R = "[T(2, 3), T(2, 2, shift=0.3)]"
_PACKED = "torch.tensor([3, 2, 1])"

CASES: dict[str, list[str]] = {
    "torch.lstm_cell": [
        f"grads(lambda x, h, c, *w: torch.lstm_cell(x, (h, c), *w), T(2, 3), T(2, 2), T(2, 2, shift=0.2), *{_W})",
        f"torch.lstm_cell(T(2, 3), [T(2, 2)] * 2, *({_W})[:2])",
        "raised(lambda: torch.lstm_cell(T(2, 3), [T(2, 2)], T(8, 3), T(8, 2)))",
    ],
    "torch.gru_cell": [
        f"grads(lambda x, h, *w: torch.gru_cell(x, h, *w), T(2, 3), T(2, 2), *{_G})",
        "raised(lambda: torch.gru_cell(T(2, 3), T(2, 2), T(6, 4), T(6, 2)))",
    ],
    "torch.rnn_tanh_cell": [
        f"grads(torch.rnn_tanh_cell, T(2, 3), T(2, 2), *{_R})",
        f"torch.rnn_tanh_cell(T(2, 3), T(2, 2), *{_R}, b_ih=T(2), b_hh=P(2))",
    ],
    "torch.rnn_relu_cell": [
        f"grads(torch.rnn_relu_cell, T(2, 3), T(2, 2), *{_R}, T(2), P(2))",
        "raised(lambda: torch.rnn_relu_cell(T(2, 3), T(2, 2), T(2, 4), T(2, 2)))",
    ],
    "torch.lstm": [
        f"torch.lstm(T(4, 2, 3), (T(1, 2, 2), P(1, 2, 2)), {_W}, True, 1, 0.0, False, False, False)",
        f"torch.lstm(T(2, 4, 3), (T(2, 2, 2), P(2, 2, 2)), ({_W}) * 2, True, 1, 0.0, False, True, True)",
        f"torch.lstm(T(6, 3), {_PACKED}, (T(1, 3, 2), P(1, 3, 2)), {_W}, True, 1, 0.0, False, False)",
        f"raised(lambda: torch.lstm(T(4, 2, 3), (T(1, 2, 2),), {_W}, True, 1, 0.0, False, False, False))",
    ],
    "torch.gru": [
        f"torch.gru(T(4, 2, 3), T(1, 2, 2), {_G}, True, 1, 0.0, False, False, False)",
        "torch.gru(T(2, 4, 3), T(2, 2, 2), [T(6, 3), T(6, 2), T(6, 2, shift=0.1), T(6, 2)], False, 2, 0.0, True, False, True)",
        f"torch.gru(T(6, 3), {_PACKED}, T(2, 3, 2), ({_G}) * 2, True, 1, 0.0, False, True)",
    ],
    "torch.rnn_tanh": [
        f"torch.rnn_tanh(T(4, 2, 3), T(1, 2, 2), {_R}, False, 1, 0.0, False, False, False)",
        f"torch.rnn_tanh(T(6, 3), {_PACKED}, T(1, 3, 2), {_R}, False, 1, 0.0, False, False)",
    ],
    "torch.rnn_relu": [
        f"torch.rnn_relu(T(4, 2, 3), T(2, 2, 2), ({_R}) * 2, False, 1, 0.0, False, True, False)",
        f"torch.rnn_relu(T(2, 4, 3), T(1, 2, 2), {_R}, False, 1, 0.0, False, False, True)",
    ],
    "torch.cond": [
        "torch.cond(torch.tensor(True), lambda x: x + 1, lambda x: x - 1, (T(3),))",
        "torch.cond(False, lambda x, y: (x, y), lambda x, y: (y, x * 2), (T(3), P(2)))",
        "raised(lambda: torch.cond(torch.ones(2), lambda x: x, lambda x: x, (T(1),)))",
    ],
    "torch.while_loop": [
        "torch.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (torch.tensor(0), T(3)))",
    ],
    "torch.hash_tensor": [
        *[f"torch.hash_tensor(torch.tensor([3, 1, 4, 1, 5]).to(torch.{dtype}))" for dtype in (
            "float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool",
        )],
        "torch.hash_tensor(T(2, 3, 5), 1)",
        "torch.hash_tensor(T(2, 3, 5).transpose(0, 2), (0, 2))",
        "torch.hash_tensor(T(2, 3, 5), -1, keepdim=True)",
        "torch.hash_tensor(T(2, 3), 0, out=torch.empty(0, dtype=torch.uint64))",
        "torch.hash_tensor(torch.tensor([math.nan, -0.0]))",
        "torch.hash_tensor(torch.tensor(-2, dtype=torch.int8), 0)",
        "torch.hash_tensor(torch.zeros(0, 3), 1)",
        *[f"raised(lambda: torch.hash_tensor({call}))" for call in (
            "torch.zeros(0)", "torch.zeros(0, 3), 0", "T(3), mode=1", "T(3), 3", "T(2, 3), (0, 0)",
            "torch.complex(T(2), T(2))", "T(2), out=torch.empty(0, dtype=torch.int64)",
        )],
    ],
    "Tensor.hash_tensor": ["T(2, 3).hash_tensor(0)"],
    "Tensor.dim_order": [
        "[T(2, 3, 4, 5).dim_order(), T(2, 3).t().dim_order(), torch.tensor(1).dim_order(), T(2, 3).expand(4, 2, 3).dim_order()]",
        "T(2, 3, 4, 5).to(memory_format=torch.channels_last).dim_order(ambiguity_check=True)",
        "T(1, 3, 4, 5).dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last])",
        *[f"raised(lambda: {call})" for call in (
            "T(1, 3, 1).dim_order(ambiguity_check=True)", "T(2, 3).expand(4, 2, 3).dim_order(ambiguity_check=True)",
            "T(2, 0).dim_order(ambiguity_check=True)", "T(2, 3).dim_order(ambiguity_check='x')",
        )],
    ],
    "torch._int_mm": [
        "torch._int_mm(torch.arange(-6, 6, dtype=torch.int8).view(3, 4), torch.arange(8, dtype=torch.int8).view(4, 2))",
        "torch._int_mm(torch.full((2, 300), -128, dtype=torch.int8), torch.full((300, 2), 127, dtype=torch.int8))",
        "torch._int_mm(torch.full((2, 3), 255, dtype=torch.uint8), torch.full((3, 1), -128, dtype=torch.int8))",
        "torch._int_mm(torch.zeros(0, 3, dtype=torch.int8), torch.zeros(3, 2, dtype=torch.int8))",
        "raised(lambda: torch._int_mm(T(2, 2), T(2, 2)))",
        "raised(lambda: torch._int_mm(torch.zeros(2, 3, dtype=torch.int8), torch.zeros(2, 3, dtype=torch.int8)))",
    ],
    "torch._segment_reduce": [
        f"grads(lambda x: torch._segment_reduce(x, {how!r}, lengths=torch.tensor([1, 2, 4, 0]), initial={initial}), "
        "torch.tensor([1, math.nan, 3, 4, 5, 5.5, 4.5], dtype=torch.float64))"
        for how in ("max", "min", "mean", "sum", "prod")
        for initial in (None, 0, 2.0)
    ],
}  # fmt: skip
