"""What `vmap` makes of each family of ops: at their bounds, by their options, and in nests."""

V = "torch.func.vmap"
# A shape of samples, and what is computed of one of them.
ONE = [
    *(
        ("3", f"x.{name}")
        for name in (
            "ravel()",
            "t()",
            "flipud()",
            "diag()",
            "diag(1)",
            "diagflat(-1)",
            "roll(1)",
            "roll(2, 0)",
            "roll((1,))",
            "roll((1,), (0,))",
        )
    ),
    *(("", f"torch.{name}(x)") for name in ("atleast_1d", "atleast_2d", "atleast_3d", "ravel")),
    *(
        ("3", f"torch.{name}(x)")
        for name in ("atleast_1d", "atleast_2d", "atleast_3d", "vander", "combinations", "msort", "cartesian_prod")
    ),
    *(
        ("3, 2", f"torch.{name}(x)")
        for name in (
            "atleast_1d",
            "atleast_2d",
            "atleast_3d",
            "trace",
            "msort",
            "fliplr",
            "flipud",
            "adjoint",
            "t",
            "diag",
        )
    ),
    *(
        ("4, 6, 2", f"torch.{name}")
        for name in (
            "hsplit(x, 2)",
            "vsplit(x, 2)",
            "dsplit(x, 2)",
            "hsplit(x, [1, 4])",
            "vsplit(x, (1, 3))",
            "atleast_3d(x)",
        )
    ),
    *(("4", f"torch.{name}") for name in ("hsplit(x, 2)", "hsplit(x, [1])")),
    *(
        ("2, 3", f"x.{name}")
        for name in (
            "rot90()",
            "rot90(2)",
            "rot90(1, (1, 0))",
            "roll(1)",
            "roll((1, 2), (0, 1))",
            "roll(1, -1)",
            "permute(1, 0)",
            "permute(-1, 0)",
            "expand(2, 2, 3)",
            "repeat(2, 1)",
            "repeat(2, 1, 2)",
            "tile((2,))",
            "tile((2, 1, 2))",
            "repeat_interleave(2, 0)",
            "repeat_interleave(2, -1)",
            "repeat_interleave(2)",
            "repeat_interleave(torch.tensor([1, 2]), 0)",
            "diagonal(1)",
            "take(torch.tensor([4, 0]))",
            "as_strided((2, 2), (1, 2))",
            "as_strided((2,), (1,), 1)",
            "sum_to_size(1, 3)",
            "sum_to_size(2, 1)",
            "var()",
            "std(unbiased=False)",
            "median()",
            "nanmedian()",
            "max()",
            "min()",
            "view_as(torch.zeros(3, 2))",
            "reshape_as(torch.zeros(6))",
            "expand_as(torch.zeros(2, 2, 3))",
            "quantile(0.3)",
            "quantile(0.3, 0)",
            "quantile(0.3, -1, True)",
            "quantile(torch.tensor([0.3, 0.6]).double(), 1)",
            "quantile(torch.tensor([0.3, 0.6]).double(), 1, True)",
            "quantile(0.3, keepdim=True)",
            "nanquantile(0.4, 0, interpolation='lower')",
            "histc(4, -1, 1)",
            "histc(5, 0, 1)",
            "fill_(2.0)",
            "index_fill(1, torch.tensor([0, 2]), 5.0)",
            "index_fill(-2, torch.tensor([1]), 5)",
            "index_select(1, torch.tensor([2, 0]))",
            "index_select(-2, torch.tensor([0]))",
            "take_along_dim(torch.tensor([[1], [0]]), 1)",
            "take_along_dim(torch.tensor([4, 0]))",
            "take_along_dim(torch.tensor([[1, 0, 1]]), 0)",
            "masked_fill(x > 0, 2)",
            "masked_fill(M(2, 3), torch.tensor(3.0))",
            "masked_scatter(M(2, 3), torch.arange(9.0).double())",
            "put(torch.tensor([1, 4]), T(2))",
            "put(torch.tensor([1, 1]), T(2), True)",
            "index_put((torch.tensor([1, 1]),), T(2, 3), True)",
            "index_put((torch.tensor([1]),), T(3))",
            "index_add(1, torch.tensor([0, 0]), T(2, 2), alpha=2)",
            "index_copy(0, torch.tensor([1]), T(1, 3))",
            "index_reduce(1, torch.tensor([0, 2]), T(2, 2), 'prod')",
            "index_reduce(0, torch.tensor([1]), T(1, 3), 'amax', include_self=False)",
            "nonzero_static(size=4)",
            "nonzero_static(size=8, fill_value=7)",
        )
    ),
    ("2, 3", "torch.block_diag(x, x[:1])"),
    ("2, 3", "torch.dstack([x, x])"),
    ("2, 3", "torch.hstack([x, x])"),
    ("2, 3", "torch.vstack([x, x])"),
    ("3", "torch.block_diag(x, x)"),
    ("3", "torch.dstack([x, x])"),
    ("3", "torch.cartesian_prod(x, x[:2])"),
    ("3", "torch.meshgrid(x, x[:2], indexing='ij')"),
    ("3", "torch.meshgrid(x, x[:2], x[:1], indexing='xy')"),
    ("3", "torch.combinations(x, 2, True)"),
    ("3", "torch.combinations(x, 3)"),
    ("2, 3", "torch.broadcast_tensors(x, x[0])"),
    ("3", "torch.isin(x, x[:2])"),
    ("3", "torch.isin(x, x[:2], invert=True)"),
    ("3, 2", "torch.view_as_complex(x)"),
    ("4", "torch.searchsorted(x.sort().values, x)"),
    ("2, 4", "torch.searchsorted(x.sort(-1).values, x, right=True)"),
    ("4", "torch.searchsorted(x, x, sorter=x.argsort())"),
    ("4", "torch.searchsorted(x.sort().values, 0.5)"),
    ("4", "torch.bucketize(x, x.sort().values, right=True)"),
    ("2, 3", "F.pad(x, (1, 2))"),
    ("2, 3", "F.pad(x, (1, 0, 0, 2), value=3.0)"),
    ("2, 4", "F.pad(x, (1, 2), mode='reflect')"),
    ("1, 2, 4", "F.pad(x, (1, 2), mode='replicate')"),
    ("2, 4, 3", "F.pad(x, (1, 2), mode='circular')"),
    ("2, 4", "F.channel_shuffle(x.reshape(1, 2, 2, 2), 2)"),
    ("2, 4", "F.layer_norm(x, (4,), T(4), P(4), 0.1)"),
    ("2, 4", "F.layer_norm(x, (2, 4))"),
    ("2, 4", "F.layer_norm(x, (4,), x[0], x[1])"),
    ("2, 4", "F.rms_norm(x, (4,), T(4), 0.1)"),
    ("2, 4", "F.rms_norm(x, (4,), x[0], 0.1)"),
    ("2, 4, 3", "F.group_norm(x, 2, T(4), P(4), 0.1)"),
    ("2, 4, 3", "F.group_norm(x, 2, x[0, :, 0], x[0, :, 1])"),
    ("2, 4, 3", "F.batch_norm(x, T(4), P(4), P(4), T(4), False, 0.1, 0.1)"),
    ("2, 4, 3", "F.batch_norm(x, None, None, P(4), T(4), True)"),
    ("2, 4, 3", "F.batch_norm(x, None, None, x[0, :, 0], x[0, :, 1], True)"),
    ("2, 4", "F.batch_norm(x, x[0], x[1] ** 2, x[0], x[1], False)"),
    ("2, 4, 3", "F.instance_norm(x)"),
    ("2, 4, 3", "F.prelu(x, T(4))"),
    ("2, 4, 3", "F.prelu(x, torch.tensor([0.3]).double())"),
    ("2, 4", "F.prelu(x, x[0])"),
    ("2, 6", "F.avg_pool1d(x, 2)"),
    ("1, 2, 6", "F.avg_pool1d(x, 2)"),
    ("2, 6", "F.max_pool1d(x, 2)"),
    ("1, 2, 6", "F.max_pool1d(x, 2)"),
    ("1, 4, 4", "F.avg_pool2d(x, 2)"),
    ("2, 1, 4, 4", "F.max_pool2d(x, 2)"),
    ("1, 4, 4", "F.max_pool2d(x, 2, return_indices=True)"),
    ("1, 4, 4", "F.adaptive_avg_pool2d(x, 2)"),
    ("1, 4, 4", "F.adaptive_max_pool2d(x, 2)"),
    ("1, 1, 4, 2, 2", "F.avg_pool3d(x, 2)"),
    ("1, 4, 2, 2", "F.max_pool3d(x, 2)"),
    ("2, 5", "F.conv1d(x, T(3, 2, 2), T(3))"),
    ("2, 2, 5", "F.conv1d(x, T(3, 2, 2), padding=1)"),
    ("2, 2, 5", "F.conv1d(x, T(3, 2, 2), x[0, 0, :3])"),
    ("2, 4, 4", "F.conv2d(x, T(3, 2, 2, 2), T(3), stride=2)"),
    ("1, 2, 3, 3", "F.conv2d(x, T(4, 1, 2, 2), groups=2)"),
    ("1, 2, 3, 3", "F.conv_transpose2d(x, T(2, 1, 2, 2), T(1))"),
    ("2, 3", "F.conv_transpose1d(x, T(2, 1, 2))"),
    ("1, 2, 3, 3, 2", "F.conv3d(x, T(2, 2, 2, 2, 2), T(2))"),
    ("1, 4, 4", "F.grid_sample(x[None], T(1, 2, 2, 2), align_corners=True)"),
    ("2, 3, 4", "F.scaled_dot_product_attention(x, x, x)"),
    ("2, 3, 4", "F.scaled_dot_product_attention(x, x, T(2, 3, 4), is_causal=True)"),
    ("2, 3, 4", "F.scaled_dot_product_attention(x, x, x, T(3, 3), scale=0.3)"),
    ("3, 4", "F.scaled_dot_product_attention(x, T(3, 4), x, M(3, 3) | torch.eye(3).bool())"),
    ("4, 3, 4", "F.scaled_dot_product_attention(x, x[:2], x[:2], enable_gqa=True)"),
    ("3, 2", "torch.linalg.solve(T(3, 3) + 2 * torch.eye(3).double(), x)"),
    ("3", "torch.linalg.solve(T(3, 3) + 2 * torch.eye(3).double(), x)"),
    ("3, 3", "torch.linalg.solve(x + 2 * torch.eye(3).double(), T(3))"),
    ("3, 3", "torch.linalg.solve(x + 2 * torch.eye(3).double(), x)"),
    ("2, 3, 3", "torch.linalg.solve(x + 2 * torch.eye(3).double(), T(2, 3))"),
    ("2, 3", "torch.linalg.solve(T(3, 3) + 2 * torch.eye(3).double(), x, left=False)"),
    ("3, 2", "torch.linalg.lstsq(T(4, 3), torch.cat([x, x[:1]]), driver='gelsd').solution"),
    ("3, 3", "torch.linalg.lu_solve(*torch.linalg.lu_factor(x + 2 * torch.eye(3).double()), T(3, 2))"),
    ("3, 3", "torch.linalg.ldl_solve(*torch.linalg.ldl_factor(x @ x.mT + torch.eye(3).double()), T(3, 2))"),
    ("3, 3", "torch.linalg.solve_ex(x + 2 * torch.eye(3).double(), T(3, 2))"),
    ("3", "torch.dot(x, T(3))"),
    ("3", "torch.vdot(x, T(3))"),
    ("3", "torch.mv(T(2, 3), x)"),
    ("2, 3", "torch.mv(x, T(3))"),
    ("2, 3", "torch.mm(x, T(3, 2))"),
    ("2, 3, 2", "torch.bmm(x, T(2, 2, 3))"),
    ("3", "torch.outer(x, T(2))"),
    ("3", "torch.inner(x, T(2, 3))"),
    ("2, 3", "torch.matmul(x, T(4, 3, 2))"),
    ("3", "torch.matmul(x, T(4, 3, 2))"),
    ("4, 2, 3", "torch.matmul(x, T(3))"),
    ("2, 3", "torch.addmm(T(2, 2), x, T(3, 2), beta=0.5, alpha=2)"),
    ("2, 3", "torch.addmm(x[:, :2], x, T(3, 2), beta=0)"),
    ("2, 3", "torch.addmv(T(2), x, T(3), beta=1, alpha=1)"),
    ("3", "torch.addr(T(3, 2), x, T(2), beta=2, alpha=3)"),
    ("2, 2, 3", "torch.baddbmm(T(2, 2, 2), x, T(2, 3, 2), beta=0.5, alpha=2)"),
    ("2, 2, 3", "torch.addbmm(T(2, 2), x, T(2, 3, 2), beta=0.5, alpha=2)"),
    ("2, 3", "torch.tensordot(x, T(3, 2), 1)"),
    ("2, 3", "torch.tensordot(x, T(2, 3), ([0, 1], [0, 1]))"),
    ("2, 3", "torch.einsum('ij,kj->ik', x, T(2, 3))"),
    ("2, 3", "torch.einsum('ij->ji', x)"),
    ("2, 3", "torch.kron(x, T(2, 2))"),
    ("3, 2", "torch.cdist(x, T(2, 2))"),
    ("2, 3", "F.linear(x, T(2, 3), T(2))"),
    ("3", "F.bilinear(x, T(2), T(4, 3, 2), T(4))"),
    ("2, 3", "torch.linalg.multi_dot([x, T(3, 2), T(2)])"),
    ("2, 2", "torch.linalg.matrix_power(x, 3)"),
    *(
        ("2, 3", f"F.{loss}(x, T(2, 3, shift=0.1), reduction='{r}')")
        for loss in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
        for r in ("none", "mean", "sum")
    ),
    ("2, 3", "F.huber_loss(x, T(3, shift=0.1), delta=0.3)"),
    ("2, 3", "F.binary_cross_entropy(x.sigmoid(), P(2, 3), P(2, 3))"),
    ("2, 3", "F.binary_cross_entropy_with_logits(x, P(2, 3), P(3), pos_weight=P(3))"),
    *(
        ("2, 3", f"F.{loss}, I(3, 2), {options})")
        for loss in ("cross_entropy(x", "nll_loss(x.log_softmax(1)")
        for options in (
            "reduction='none'",
            "reduction='sum'",
            "ignore_index=0",
            "weight=P(3)",
            "weight=P(3), ignore_index=2",
        )
    ),
    ("3", "F.cross_entropy(x, torch.tensor(1))"),
    ("2, 3", "F.cross_entropy(x, P(2, 3))"),
    ("2, 3", "F.cross_entropy(x, P(2, 3), reduction='sum')"),
    ("2, 3, 2", "F.cross_entropy(x, I(3, 2, 2), label_smoothing=0.1)"),
    ("2, 2", "F.embedding(torch.tensor([0, 1]), x)"),
    ("4", "F.embedding((x > 0).long(), T(2, 3))"),
]
# Samples of a second tensor, too.
TWO = [
    ("3", "2", "torch.cat([x, y])"),
    ("3, 2", "4, 2", "torch.cdist(x, y)"),
    ("3", "3", "torch.dot(x, y)"),
    ("2, 3", "3", "x @ y"),
    ("3", "3, 2", "x @ y"),
    ("2, 3", "3, 2", "x @ y"),
    ("2, 3", "4, 3, 2", "x @ y"),
    ("4, 2, 3", "3, 2", "x @ y"),
    ("3", "2", "torch.outer(x, y)"),
    ("2, 5", "3, 2, 2", "F.conv1d(x, y)"),
    ("1, 2, 5", "3, 2, 2", "F.conv1d(x, y, y[:, 0, 0])"),
    ("1, 2, 3, 3", "2, 1, 2, 2", "F.conv_transpose2d(x, y)"),
    ("1, 4, 4", "1, 2, 2, 2", "F.grid_sample(x[None], y, align_corners=False)"),
    ("2, 3", "4, 3", "F.linear(x, y)"),
    ("2, 3", "4, 3", "F.linear(x, y, y[:, 0])"),
    ("2, 3", "2, 3", "F.mse_loss(x, y)"),
    ("2, 3", "3", "F.smooth_l1_loss(x, y, reduction='sum')"),
    ("2, 3", "3", "x.index_add(0, torch.tensor([1]), y[None])"),
    ("2, 3", "2, 1", "x.index_copy(1, torch.tensor([2]), y)"),
    ("2, 3", "", "x.masked_fill(M(2, 3), y)"),
    ("2, 3", "2", "x.put(torch.tensor([0, 5]), y)"),
    ("2, 3", "3", "x.index_put((torch.tensor([1]),), y)"),
    ("2, 3", "6", "x.masked_scatter(M(2, 3), y)"),
    ("3", "4", "torch.searchsorted(x.sort().values, y)"),
    ("3", "4", "torch.isin(x, y)"),
    ("2, 3", "4, 3", "F.embedding(torch.tensor([1, 0]), y) * x.sum()"),
    ("3, 3", "3, 2", "torch.linalg.solve(x + 2 * torch.eye(3).double(), y)"),
    ("3, 3", "3", "torch.linalg.solve(x + 2 * torch.eye(3).double(), y)"),
    ("2, 3", "3, 2", "torch.addmm(x[:, :2], x, y)"),
    ("3", "3", "torch.maximum(x, y).min()"),
    ("3", "3", "x.max(y) - x.min(y)"),
    ("2, 3", "3, 4", "torch.einsum('ij,jk->ki', x, y)"),
]


def _with_front(front: str, shape: str) -> str:
    return f"T({front}, {shape})" if shape else f"T({front})"


ONCE = [f"{V}(lambda x: {body})({_with_front('3', shape)})" for shape, body in ONE]
# PyTorch refuses nests of losses whose target is the same for all samples.
NESTED = [
    f"{V}({V}(lambda x: {body}))({_with_front('2, 2', shape)})"
    for shape, body in ONE
    if not any(loss in body for loss in ("mse_loss", "l1_loss", "huber_loss")) or "F.l1_loss" in body
]
PAIRS = [
    f"{V}(lambda x, y: {body}, in_dims={dims})({_with_front('3', first) if dims[0] == 0 else f'T({first})'}, "
    f"{_with_front('3', second) if dims[1] == 0 else f'T({second})'})"
    for first, second, body in TWO
    for dims in ((0, 0), (0, None), (None, 0))
]
CROSSED = [
    f"{V}(lambda x: {V}(lambda y: {body})({_with_front('2', second)}))({_with_front('3', first)})"
    for first, second, body in TWO
    if "loss" not in body
]

CASES = {"once": ONCE, "nested": NESTED, "pairs": PAIRS, "crossed": CROSSED}
