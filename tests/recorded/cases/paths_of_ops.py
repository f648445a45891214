"""The ops of which calls are made, as dispatch modes and classes of wrappers see them, with their arguments."""

# What is computed of tensors of these shapes.
CALLS = [
    *(
        (f"lambda x, w, b=T(2): F.linear(x, w{more})", shapes)
        for more in ("", ", b")
        for shapes in ("T(4, 3), T(2, 3)", *(["T(2, 4, 3), T(2, 3)"] if more else []))
    ),
    *(
        ("torch.matmul", shapes)
        for shapes in (
            "T(3), T(3)",
            "T(2, 3), T(3)",
            "T(2, 3), T(3, 4)",
            "T(2, 4, 3), T(3)",
            "T(2, 4, 3), T(3, 2)",
            "T(2, 4, 3), T(2, 3, 5)",
            "T(2, 1, 4, 3), T(2, 3, 5)",
            "T(2, 3, 4).transpose(1, 2), T(2, 3, 5)",
        )
    ),
    *(
        (f"lambda x, w, b=T({4 if n < 3 else 2}): F.conv{n}d(x, w{more})", shapes)
        for n, shapes in (
            (1, "T(1, 2, 6), T(4, 2, 3)"),
            (2, "T(1, 2, 6, 5), T(4, 2, 3, 2)"),
            (3, "T(1, 2, 4, 3, 3), T(2, 2, 2, 2, 2)"),
        )
        for more in (
            "",
            ", b",
            ", stride=2",
            ", padding=1",
            ", dilation=2" if n < 3 else ", padding=1, stride=2",
            ", padding='same'" if n == 1 else ", stride=2",
        )
    ),
    ("lambda x, w: F.conv2d(x, w, groups=2)", "T(1, 2, 6, 5), T(4, 1, 3, 2)"),
    *(
        (f"lambda x, w, b=T(3): F.conv_transpose{n}d(x, w{more})", shapes)
        for n, shapes in ((1, "T(1, 2, 4), T(2, 3, 3)"), (2, "T(1, 2, 4, 3), T(2, 3, 3, 2)"))
        for more in ("", ", b", ", stride=2", ", padding=1", ", stride=2, output_padding=1", ", dilation=2")
    ),
    *((f"lambda x, w=T(4), b=P(4): F.layer_norm(x, (4,){more})", "T(3, 4)") for more in ("", ", w, b", ", eps=0.1")),
    *((f"lambda x, w=T(4), b=P(4): F.group_norm(x, 2{more})", "T(3, 4, 2)") for more in ("", ", w, b", ", eps=0.1")),
    *(
        (f"lambda x: {name}(x, {dim})", "T(3, 4)")
        for name in ("F.softmax", "F.log_softmax", "torch.softmax")
        for dim in ("1", "0", "-1")
    ),
    *((f"lambda x: F.dropout(x, {options})", "T(3, 4)") for options in ("0.5, False", "0.0", "0.0, True")),
    *((f"lambda x: F.adaptive_avg_pool2d(x, {size})", "T(1, 2, 4, 4)") for size in ("1", "(1, 1)", "2", "(2, 1)")),
    *(
        (f"lambda x: x.reshape({size})", shape)
        for size, shape in (
            ("4, 3", "T(3, 4)"),
            ("12", "T(3, 4).t()"),
            ("-1", "T(3, 4)"),
            ("4, 3", "T(4, 3).t()"),
            ("2, 2, 3", "T(3, 4).t()"),
        )
    ),
    *(
        (f"lambda x: torch.flatten(x{dims})", shape)
        for dims, shape in (
            ("", "T(2, 3, 4)"),
            (", 1", "T(2, 3, 4)"),
            (", 0, 1", "T(2, 3, 4)"),
            (", 1, 1", "T(2, 3, 4)"),
            (", -2", "T(2, 3, 4)"),
            ("", "T(1).reshape(())"),
            ("", "T(2, 3).t()"),
        )
    ),
    *(("lambda x: x.contiguous()", shape) for shape in ("T(3, 4)", "T(3, 4).t()")),
    ("lambda x: x.contiguous(memory_format=torch.channels_last)", "T(1, 2, 3, 4)"),
    *((f"lambda x: x.chunk({args})", "T(5, 4)") for args in ("2, 1", "4, -1", "3, 1")),
    *((f"lambda x: x.split({args})", "T(5, 4)") for args in ("3, 1", "[1, 3], 1", "2, -1")),
    *(
        (f"lambda x, t=torch.tensor([1, 0, 2]), w=P(4): F.nll_loss(x, t{more})", "T(3, 4)")
        for more in ("", ", w", ", reduction='sum'", ", reduction='none'", ", ignore_index=0")
    ),
    *(
        (f"lambda x, t=torch.tensor([1, 0, 2]), w=P(4): F.cross_entropy(x, t{more})", "T(3, 4)")
        for more in ("", ", w", ", reduction='sum'", ", reduction='none'", ", ignore_index=0")
    ),
    ("lambda x, t=torch.tensor(1): F.cross_entropy(x, t)", "T(4)"),
    *(
        (f"lambda x, y=P(3, 4): F.l1_loss(x, y{more})", "T(3, 4)")
        for more in ("", ", reduction='sum'", ", reduction='none'")
    ),
    *(
        (f"lambda x: F.pad(x, {args})", "T(1, 2, 3, 4)")
        for args in ("(1, 1), value=3.0", "(1, 2, 1, 0), mode='reflect'", "(1, 2, 1, 0), mode='replicate'")
    ),
    ("lambda x: F.pad(x, (1, 2), mode='reflect')", "T(2, 4)"),
    *(
        (f"lambda x, y=torch.zeros(1): x.{call}", "T(3, 4)")
        for call in (
            "float()",
            "double()",
            "half()",
            "bfloat16()",
            "long()",
            "int()",
            "bool()",
            "to(torch.float32)",
            "to(torch.float64)",
            "to('cpu')",
            "to(dtype=torch.float32)",
            "to(x)",
            "to(y)",
            "to('cpu', torch.float32)",
            "to(device='cpu')",
            "to(torch.float64, copy=True)",
            "to(torch.float32, False, True)",
            "to('cpu', copy=True)",
            "to(y, copy=True)",
            "to(y, False, True)",
            "to(tensor=y)",
            "to(memory_format=torch.contiguous_format, copy=True)",
            "to(copy=True)",
            "type_as(y.double())",
        )
    ),
]
# What classes of wrappers are asked for besides.
INDICES = [
    "1",
    "-1",
    "1:3",
    "::2",
    ":, 2",
    "..., 1",
    "None",
    ":, None, 1",
    "...",
    ":",
    "1, 2",
    "None, ..., 0:2",
    "torch.tensor([2, 0])",
    "[2, 0]",
    ":, torch.tensor([1, 3])",
    "torch.tensor([0, 1]), torch.tensor([1, 3])",
    "1:, [0, 2]",
    "M(3, 4)",
    "M(3)",
    "3:1",
    "..., None",
    "0:0",
    "None, torch.tensor([1])",
    "..., torch.tensor([1])",
    "1, torch.tensor([0, 2])",
    "torch.tensor([0, 2]), 1:3",
]
OTHERS = [
    *((f"lambda x: x[{index}]", "T(3, 4)") for index in INDICES),
    *(
        (f"lambda x: x[{index}]", "T(2, 3, 4)")
        for index in (
            "..., 1, :",
            ":, torch.tensor([0, 2])",
            "1, ..., 2",
            "..., torch.tensor([0, 2]), :",
            "M(2, 3)",
            "1:, ..., 2:",
            "None, :, 1",
            "M(2, 3), 1:3",
        )
    ),
    *(
        (f"lambda x: {call}", "T(3, 4)")
        for call in (
            "x + 1",
            "1 - x",
            "x * x",
            "x / 2",
            "x.sin()",
            "x.sum()",
            "x.sum(1)",
            "x.sum(1, True)",
            "x.sum((0, 1))",
            "x.mean(0)",
            "x.t()",
            "x.transpose(0, 1)",
            "x.permute(1, 0)",
            "x.view(4, 3)",
            "x.view(-1)",
            "x.view((2, 6))",
            "x.expand(2, 3, 4)",
            "x.unsqueeze(0)",
            "x.squeeze()",
            "x.max()",
            "x.max(1)[0]",
            "x.amax(1)",
            "x.clamp(-1, 1)",
            "x.clamp(min=0)",
            "x ** 2",
            "2 ** x",
            "x.pow(2)",
            "torch.cat([x, x])",
            "torch.cat([x, x], 1)",
            "torch.stack([x, x])",
            "x.relu()",
            "F.gelu(x)",
            "x.exp().log()",
            "torch.where(x > 0, x, -x)",
            "x.clone()",
            "x.neg()",
            "-x",
            "abs(x)",
            "x.unbind(0)[1]",
            "x.select(0, 1)",
            "x.narrow(1, 1, 2)",
            "x.repeat(2, 1)",
            "x.cumsum(1)",
            "x.softmax(1)",
            "x.var(1)",
            "x.std()",
            "x.norm()",
            "x.tril()",
            "x.flip(0)",
            "x.roll(1, 0)",
            "x.masked_fill(x > 0, 0.0)",
            "x.gather(1, torch.tensor([[0], [1], [2]]))",
            "x.lerp(x + 1, 0.5)",
            "torch.addmm(T(3, 3), x, x.t(), beta=0.5, alpha=2)",
            "x @ x.t()",
            "x.matmul(T(4))",
            "torch.mm(x, T(4, 2))",
            "F.mse_loss(x, P(3, 4))",
            "x.topk(2)[0]",
            "x.sort(1)[0]",
            "x.prod(1)",
            "x.logsumexp(1)",
            "x.to(torch.float32)",
            "x.float()",
            "x.detach()",
            "torch.zeros_like(x)",
            "torch.ones_like(x)",
            "x.new_zeros(2)",
            "x.new_zeros((2, 3))",
            "torch.full_like(x, 2.0)",
            "(x > 0).any()",
            "x.size(0) * x",
            "x.numel() * x",
            "x.contiguous()",
        )
    ),
    *(
        (f"lambda x: (lambda y: [y.{call}, y][1])(x * 1)", "T(3, 4)")
        for call in (
            "mul_(2)",
            "add_(1)",
            "zero_()",
            "__setitem__(0, 1.0)",
            "__setitem__((slice(None), 1), 2.0)",
            "fill_(2.0)",
            "copy_(P(3, 4))",
            "__setitem__(torch.tensor([0]), 1.0)",
            "relu_()",
            "clamp_(0, 1)",
            "__setitem__(0, P(4))",
        )
    ),
    ("lambda x, y: x + y", "T(3, 4), T(4)"),
    ("lambda x, y: torch.add(x, y, alpha=2)", "T(3), P(3)"),
    ("lambda x, y: x @ y", "T(2, 3), T(3, 2)"),
    ("lambda x, y: torch.where(x > y, x, y)", "T(3), P(3)"),
    ("lambda x, y: x.index_add(0, torch.tensor([1]), y)", "T(3, 2), T(1, 2)"),
    ("lambda x, y: torch.maximum(x, y)", "T(3), P(3)"),
    ("lambda x, y: x * y", "T(3), P(3)"),
    ("lambda x: x[5]", "I(9, 6)"),
    ("lambda x: (x + 1) * 2", "I(9, 3)"),
    ("lambda x: x.item()", "I(9, 1)"),
    ("lambda x: int(x.sum())", "I(9, 3)"),
    ("lambda x: bool(x[0] > 100)", "I(9, 3)"),
]

# What is written to a view of a wrapper is written to the wrapper, and to its other views.
WRITTEN = [
    *(
        (f"lambda x: (lambda y: [y.{call}, y * y][1])(x * 1)", "T(3, 4)")
        for call in (
            "__getitem__(0).mul_(2)",
            "t()[1].exp_()",
            "view(12)[2:7].add_(1)",
            "view(2, 6).t()[2:].sin_()",
            "__getitem__(0).zero_()",
            "__getitem__(0).copy_(y[1])",
            "__getitem__((0, slice(1, 3))).fill_(2.0)",
            "diagonal().mul_(3)",
            "unsqueeze(0)[0, 1].add_(y[2], alpha=2)",
            "transpose(0, 1).narrow(0, 1, 2).sigmoid_()",
            "select(1, 1).masked_fill_(torch.tensor([True, False, True]), 5.0)",
            "detach().mul_(2)",
            "__setitem__((slice(None), 1), P(3))",
            "__setitem__((Ellipsis, 1), y[..., 2])",
            "__getitem__(0).mul_(2).add_(1)",
        )
    ),
    ("lambda x: (lambda y: (lambda v: [y.mul_(3), v * v][1])(y[0]))(x * 1)", "T(3, 4)"),
    ("lambda x: (lambda y: (lambda v, w: [v.mul_(3), v * w.sin()][1])(y[0], y.t()[:, 0]))(x * 1)", "T(3, 4)"),
    ("lambda x, w: (lambda y: [y[1].mul_(w), y[0].div_(w), y.sin()][2])(x * 1)", "T(3, 4), P(4)"),
    ("lambda x: (lambda y: [y[0].add_(y[1]), y[1].mul_(3), y][2])(x * 1)", "T(3, 4)"),
]
REFUSED_WRITES = [
    "x[0].mul_(2)",
    "(lambda y: [y[0].mul_(y.detach()[1]), y][1])(x * 1)",
    "(x * 1).unbind(0)[0].sin_()",
    "(x * 1).split(1)[0].sin_()",
    "(lambda y: [y[:, 1].mul_(y[:, 2]), y][1])(x * 1)",
    "(lambda y, z: [y[0].mul_(2), z][1])(*(lambda y: (y, y * y))(x * 1))",
    "(lambda y: (lambda v: [v.mul_(2), y][1])(torch.no_grad()(lambda: y[0])()))(x * 1)",
]
COUNTED = [
    "(lambda y: (lambda v: [v._is_view(), v._base is y, v.mul_(2)._version, y._version, y.mul_(2)._version, v._version])(y[0]))(x)",
    "(lambda y: (lambda v: [v._is_view(), v.mul_(2)._version, y._version])(y.detach()))(x)",
    "[x._is_view(), x._base is None, x._version]",
]

CASES = {
    "seen": [f"seen({fn}, {inputs})" for fn, inputs in CALLS],
    "wrapped": [f"wrapped({fn}, {inputs})" for fn, inputs in OTHERS],
    "wrapped_views": [f"wrapped({fn}, {inputs})" for fn, inputs in WRITTEN],
    "wrapped_writes_refused": [f"raised(lambda: wrapped(lambda x: {call}, T(3, 4)))" for call in REFUSED_WRITES],
    "wrapped_versions": [f"wrapped(lambda x: {call}, I(9, 3, 4))[0]" for call in COUNTED],
    "wrapped_refusals": [
        f"raised(lambda: wrapped(lambda x: {call}, T(3, 4)))"
        for call in ("x[3]", "x[0, 0, 0]", "x[::-1]", "x[-4]", "x[:, 4]", "x[None, 3]", "x[1, 2, ..., 0]")
    ],
}
