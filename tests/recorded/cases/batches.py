"""What `vmap` makes of functions of samples: every family of ops, dimensions in and out, nests and chunks."""

V = "torch.func.vmap"
BATCHES = (
    [
        f"{V}(lambda x: {body})(T({shape}))"
        for shape, body in (
            ("3, 4", "x.sort(descending=True)"),
            ("3, 4", "x.topk(2)"),
            ("3, 4", "x.kthvalue(2)"),
            ("3, 4", "x.median(0)"),
            ("3, 5", "x.unfold(0, 2, 2)"),
            ("3, 4", "x.cumsum(0)"),
            ("3, 4", "x.logcumsumexp(0)"),
            ("3, 4", "x.cummax(0)"),
            ("3, 4", "torch.histc(x, 4, -1, 1)"),
            ("3, 4", "torch.bucketize(x, torch.tensor([0.0, 1.0]).double())"),
            ("3, 4", "torch.searchsorted(torch.tensor([-1.0, 0.0, 1.0]).double(), x)"),
            ("3, 4", "x.index_select(0, torch.tensor([2, 0]))"),
            ("3, 4", "x[torch.tensor([0, 2])]"),
            ("3, 4, 2", "x[:, torch.tensor([1, 0])]"),
            ("3, 4, 2", "x[torch.tensor([0, 3]), torch.tensor([1, 0])]"),
            ("3, 4", "x.gather(0, torch.tensor([3, 0]))"),
            ("3, 4", "x.scatter(0, torch.tensor([3, 0]), 9.0)"),
            ("3, 4", "x.index_add(0, torch.tensor([1, 1]), T(2).double())"),
            ("3, 4", "x.index_fill(0, torch.tensor([1]), 2.0)"),
            ("3, 4", "x.masked_fill(x > 0, 0.0)"),
            ("3, 4", "torch.where(x > 0, x, -x)"),
            ("3, 4", "torch.stack([x, x])"),
            ("3, 4", "torch.cat([x, x])"),
            ("3, 4", "torch.cat([x])"),
            ("3, 4", "torch.hstack([x, x])"),
            ("3, 4", "torch.vstack([x, x])"),
            ("3, 4", "x.expand(2, 4)"),
            ("3, 1", "x.expand(4)"),
            ("3, 4", "x.sum_to_size(1)"),
            ("3, 2, 4", "x.sum_to_size(1, 4)"),
            ("3, 2, 4", "x.sum_to_size(4)"),
            ("3, 2, 4", "x.sum_to_size(2, 1)"),
            ("3, 2, 4", "x.transpose(0, 1)"),
            ("3, 2, 4", "x.movedim(0, -1)"),
            ("3, 2, 4", "x.flip(0)"),
            ("3, 2, 4", "x.roll(1, 1)"),
            ("3, 2, 4", "x.rot90()"),
            ("3, 2, 4", "x.diagonal()"),
            ("3, 4", "x.diag_embed()"),
            ("3, 2, 2", "torch.linalg.det(x)"),
            ("3, 2, 2", "torch.linalg.inv(x)"),
            ("3, 2, 4", "x.softmax(-1)"),
            ("3, 2, 4", "F.layer_norm(x, (4,))"),
            ("3, 2, 4", "F.pad(x, (1, 1))"),
            ("3, 1, 4, 4", "F.max_pool2d(x, 2)"),
            ("3, 2, 4", "x.norm(dim=0)"),
            ("3, 2, 4", "x.var(1)"),
            ("3, 2, 4", "x.mean()"),
            ("3, 2, 4", "x.amax((0, 1))"),
            ("3, 2, 4", "x.argmax(1)"),
            ("3, 2, 4", "x.argmax()"),
            ("3, 2, 4", "x.prod(1)"),
            ("3, 2, 4", "x.split(1, 0)"),
            ("3, 2, 4", "x.chunk(2, 1)"),
            ("3, 2, 4", "x.unbind(0)"),
            ("3, 4", "x.repeat(2)"),
            ("3, 4", "x.repeat(2, 1)"),
            ("3, 4", "x.repeat_interleave(2)"),
            ("3, 4", "x.tile((2,))"),
            ("3, 4", "torch.outer(x, x)"),
            ("3, 4", "torch.dot(x, x)"),
            ("3, 4", "x @ T(4, 2)"),
            ("3, 2, 4", "x @ T(4)"),
            ("3, 2, 4", "torch.einsum('ij,ij->i', x, x)"),
            ("3, 4", "torch.nn.functional.cosine_similarity(x, x + 1, 0)"),
            ("3, 4", "F.embedding(torch.tensor([0, 1]), x.reshape(2, 2))"),
            ("3, 4", "x.view(2, 2)"),
            ("3, 4", "x.reshape(-1, 1)"),
            ("3, 4", "x.unflatten(0, (2, 2))"),
            ("3, 2, 4", "x.flatten()"),
            ("3, 4", "x.tril() if x.dim() > 1 else x.clone()"),
            ("3, 2, 4", "x.triu(1)"),
            ("3, 4", "x.clamp(-0.5, 0.5)"),
            ("3, 4", "x.lerp(x + 1, 0.3)"),
            ("3, 4", "torch.nan_to_num(x / 0)"),
            ("3, 4", "x.diff()"),
            ("3, 4", "torch.trapezoid(x)"),
            ("3, 4", "torch.cumulative_trapezoid(x)"),
        )
    ]
    + [
        f"{V}(lambda x, y: {body}, in_dims={dims})({a}, {b})"
        for dims, a, b, body in (
            ("(0, None)", "T(3, 4)", "T(4)", "x * y"),
            ("(None, 0)", "T(4)", "T(3, 4)", "x - y"),
            ("(1, 0)", "T(4, 3)", "T(3, 4)", "x @ y"),
            ("(0, 0)", "T(3, 2, 4)", "T(3, 4, 2)", "x @ y"),
            ("(-1, 0)", "T(4, 3)", "T(3, 4)", "torch.cat([x, y])"),
            ("(0, None)", "T(3, 4)", "I(4, 2)", "x[y]"),
            ("(None, 0)", "T(4)", "I(4, 3, 2)", "x[y]"),
            ("(0, 0)", "T(3, 4)", "I(4, 3, 2)", "x.gather(0, y)"),
            ("(0, 0)", "T(3, 4)", "I(4, 3)", "x[y]"),
            ("(0, None)", "T(3, 2, 4)", "I(4, 2)", "x[:, y]"),
            ("(0, 0)", "T(3, 2, 4)", "I(4, 3, 2)", "x[:, y]"),
            ("(0, 0)", "T(3, 4)", "I(4, 3, 2)", "x.index_select(0, y)"),
            ("(0, 0)", "T(3, 4)", "T(3, 2)", "torch.outer(x, y)"),
            ("(0, 0)", "T(3, 4)", "M(3, 4)", "torch.where(y, x, 0.0)"),
            ("(0, 0)", "T(3, 4)", "M(3, 4)", "x.masked_fill(y, 1.0)"),
            ("(0, None)", "T(3, 4)", "T(2, 4)", "torch.stack([x.expand(2, 4), y])"),
        )
    ]
    + [f"{V}(lambda x: x * 2, out_dims={d})(T(3, 2, 4))" for d in (0, 1, 2, -1)]
    + [
        f"{V}({V}(lambda x: {b}))(T(2, 3, 4))"
        for b in ("x.sum()", "x.flip(0)", "x[torch.tensor([1, 0])]", "torch.cat([x, x])", "x.topk(1)")
    ]
    + [f"{V}(lambda x: x.sin(), chunk_size={n})(T(5, 2))" for n in (1, 2, 5, 7)]
)

CASES: dict[str, list[str]] = {"batches": BATCHES}
