"""Nested tensors along a dimension: reductions, pieces, and their gradients."""

N = "torch.nested.nested_tensor([T(3, 4), T(2, 4, shift=0.2)], layout=torch.jagged, requires_grad=True)"


def parts(call: str) -> str:
    return f"list(({call}).unbind())"


def pairs(call: str) -> str:
    return f"[list(part.unbind()) for part in {call}]"


def pulled(call: str) -> str:
    """The gradients of the sequences."""
    return f"[n := {N}, ({call}).sum().backward(), *n.grad.unbind()][2:]"


REDUCTIONS = [
    *(pairs(f"({N}).{name}({dim})") for name in ("max", "min") for dim in ("-1", "2, keepdim=True", "dim=2")),
    *(f"list(({N}).{name}(1))" for name in ("max", "min")),
    *(
        parts(f"({N}).{name}({dim})")
        for name in ("amax", "amin", "argmax", "argmin", "prod")
        for dim in ("-1", "2, keepdim=True")
    ),
    *(f"({N}).{name}(1)" for name in ("amax", "amin")),
    *(parts(f"(({N}) > 0).{name}(-1)") for name in ("any", "all")),
    *(f"(({N}) > 0).{name}(1)" for name in ("any", "all")),
    *(f"type(({N}).{name}(-1)).__name__" for name in ("max", "min")),
    *(pulled(call) for call in ("n.amax(-1).values()", "n.amax(1)", "n.max(-1)[0].values()")),
]

PIECES = [
    *(
        pairs(f"({N}).{call}")
        for call in ("split(1, -1)", "split([1, 3], 2)", "split_with_sizes([3, 1], -1)", "chunk(2, -1)")
    ),
    *(parts(f"({N}).{call}") for call in ("narrow(-1, 1, 2)", "select(-1, 0)", "select(2, 1)")),
    f"({N}).select(0, 1)",
    *(f"said(lambda: ({N}).{call}).partition(':')[0]" for call in ("max(0)", "split(1)", "split(1, 1)", "amin(0)")),
    *(f"[n := {N}, *torch.{name}(n, n * 0).unbind()][1:]" for name in ("maximum", "minimum")),
]

CASES = {"reductions": REDUCTIONS, "pieces": PIECES}
