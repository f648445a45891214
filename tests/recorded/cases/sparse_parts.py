"""Sparse tensors: sums, products, reductions and views as dense tensors, what is stored, and gradients."""

C = "torch.sparse_coo_tensor(torch.tensor([[0, 1, 1], [2, 0, 2]]), T(3), (2, 3))"
HYBRID = "torch.sparse_coo_tensor(torch.tensor([[0, 2]]), T(2, 2), (3, 2))"
EMPTY = "torch.sparse_coo_tensor(torch.zeros(2, 0, dtype=torch.int64), torch.zeros(0).double(), (2, 3))"
TWICE = "torch.sparse_coo_tensor(torch.tensor([[0, 0, 1], [2, 2, 0]]), T(3), (2, 3))"
SQUARE = "torch.sparse_coo_tensor(torch.tensor([[0, 1, 2, 2], [1, 0, 0, 2]]), T(4), (3, 3))"
CSR = f"{C}.to_sparse_csr()"


def dense(*calls: str) -> list[str]:
    """What sparse results are as dense tensors."""
    return [f"(lambda r: r if r.layout is torch.strided else r.to_dense())({call})" for call in calls]


SPARSE = {
    "sums": dense(
        *(f"{a} {op} {b}" for op in "+-" for a in (C, TWICE, EMPTY) for b in (C, TWICE, EMPTY)),
        *(f"torch.add({a}, {b}, alpha=0.5)" for a in (C, EMPTY) for b in (TWICE, EMPTY)),
        f"T(2, 3) + {C}",
        f"T(2, 3) - {TWICE}",
        f"torch.add(T(2, 3), {C}, alpha=-2)",
        f"T(3, 2) + {HYBRID}",
        f"{HYBRID} + {HYBRID}",
        f"{HYBRID} - {HYBRID} * 2",
        f"{C}.clone().add_({TWICE})",
        f"T(2, 3).add_({C}, alpha=3)",
        f"-{C}",
        f"{CSR} + {CSR}",
        f"torch.add({CSR}, {CSR}, alpha=2)",
    ),
    "products": dense(
        *(f"{a} @ {b}" for a in (C, CSR, TWICE, EMPTY) for b in ("T(3, 4)", "T(3)")),
        *(f"torch.mm({a}, {SQUARE})" for a in (C, TWICE, EMPTY)),
        f"T(4, 2) @ {C}",
        f"T(3) @ {SQUARE}",
        f"torch.sparse.mm({C}, T(3, 2))",
        f"torch.sparse.mm({C}, {SQUARE})",
        f"torch.addmm(T(2, 2), {C}, T(3, 2))",
        f"torch.addmm(T(2, 2), {C}, T(3, 2), beta=0.5, alpha=2.0)",
        f"torch.sparse.addmm(T(2, 2), {C}, T(3, 2), beta=0.5, alpha=2.0)",
        f"torch.mv({C}, T(3))",
        f"torch.smm({C}, T(3, 2)).to_dense()",
        f"torch.hspmm({C}, T(3, 2)).to_dense()",
        f"torch.sspaddmm({C}, {C}, T(3, 3), beta=0.5, alpha=2.0)",
        f"torch.bmm(torch.stack([{C}, {TWICE}]), T(2, 3, 2))",
        f"{C} * 2.0",
        f"{C} * {TWICE}",
        f"{C} * T(2, 3)",
        f"T(2, 3) * {C}",
        f"{HYBRID} * T(3, 2)",
        f"{C} / 4.0",
        f"{C} // 0.5",
        f"{C} ** 2",
        f"{CSR} * 3",
        f"{CSR} * T(2, 3)",
        f"{CSR}.mul({CSR})",
        f"torch.dot({HYBRID}.to_dense()[0], T(2))",
    ),
    "reductions": dense(
        *(
            f"torch.sparse.sum({x}{d})"
            for x in (C, TWICE)
            for d in ("", ", 0", ", 1", ", (0, 1)", ", -1", ", 0, dtype=torch.float32")
        ),
        f"torch.sparse.sum({HYBRID}, 1)",
        f"torch.sparse.sum({HYBRID}, 0)",
        *(
            f"torch.sparse.{f}({x}, {d})"
            for f in ("softmax", "log_softmax")
            for x in (C, SQUARE, HYBRID)
            for d in (0, 1, -1)
        ),
        f"{C}.norm()",
        f"{TWICE}.norm(1)",
        f"{C}.sum()",
        f"{CSR}.sum()",
        f"{C}.abs()",
        f"{CSR}.sum(0, keepdim=True)",
        f"{CSR}.sum(1, keepdim=True)",
        f"{CSR}.sum((0, 1), keepdim=True)",
    ),
    "views": dense(
        f"{C}.t()",
        f"{HYBRID}.transpose(0, 0)",
        f"{C}.unsqueeze(0)",
        f"{C}.unsqueeze(2)",
        f"{C}.unsqueeze(-1)",
        f"{HYBRID}.unsqueeze(-1)",
        f"{C}.select(0, 1)",
        f"{C}.select(1, -1)",
        f"{HYBRID}.select(1, 0)",
        f"{C}[1]",
        f"{C}[0, 2]",
        f"{HYBRID}[2]",
        f"{CSR}[1]",
        f"{CSR}.select(1, 2)",
        f"{C}.index_select(0, torch.tensor([1, 0, 1]))",
        f"{C}.index_select(1, torch.tensor([2]))",
        f"{HYBRID}.index_select(1, torch.tensor([1, 1]))",
        f"{C}.narrow_copy(1, 1, 2)",
        f"{C}.narrow_copy(0, 0, 1)",
        f"{HYBRID}.narrow_copy(1, 1, 1)",
        f"torch.cat([{C}, {TWICE}])",
        f"torch.cat([{C}, {TWICE}], 1)",
        f"torch.cat([{HYBRID}, {HYBRID}], 1)",
        f"torch.stack([{C}, {EMPTY}])",
        f"{C}.permute(1, 0)",
        f"{C}.permute(-1, 0)",
        f"{CSR}.t()",
        f"{CSR}.transpose(0, 1)",
        f"{C}.transpose(-1, 0)",
        f"torch.zeros_like({C})",
        f"torch.empty_like({EMPTY})",
        f"{C}.sparse_mask({TWICE}.coalesce())",
        f"T(2, 3).sparse_mask({C}.coalesce())",
        f"{C}.clone().zero_()",
        f"{C}.clone().sparse_resize_((3, 4), 2, 0)",
        f"{C}.clone().copy_({EMPTY})",
        f"torch.tril({C}.to_dense())",
    ),
    "what is stored": [
        *(
            f"[x._nnz(), x.is_coalesced(), x.coalesce().indices(), x.coalesce().values(), x.sparse_dim(), x.dense_dim()] if (x := {x}) is not None else 0"
            for x in (C, TWICE, EMPTY, HYBRID, f"{C} + {TWICE}", f"{TWICE}.t()", f"{C} * 2")
        ),
        *(
            f"[x.crow_indices(), x.col_indices(), x.values(), x._nnz()] if (x := {x}) is not None else 0"
            for x in (CSR, f"{TWICE}.to_sparse_csr()", f"{CSR} * 2", "T(3, 4).relu().to_sparse_csr()", f"{CSR}.clone()")
        ),
        *(
            f"[x.ccol_indices(), x.row_indices(), x.values()] if (x := {x}) is not None else 0"
            for x in (f"{C}.to_sparse_csc()", f"{CSR}.t()", "T(3, 4).relu().to_sparse_csc()")
        ),
        *(
            f"[x.crow_indices(), x.col_indices(), x.values()] if (x := T({n}, {m}).relu().to_sparse_bsr(({h}, {w}))) is not None else 0"
            for n, m, h, w in ((2, 4, 1, 2), (4, 4, 2, 2), (4, 6, 2, 3), (4, 2, 4, 1))
        ),
        *(
            f"[x.ccol_indices(), x.row_indices(), x.values()] if (x := T({n}, {m}).relu().to_sparse_bsc(({h}, {w}))) is not None else 0"
            for n, m, h, w in ((2, 4, 1, 2), (4, 6, 2, 3))
        ),
        f"[{C}.is_contiguous(), {C}.is_sparse, {CSR}.is_sparse, {CSR}.is_sparse_csr, {C}.numel(), {C}.dim()]",
        f"[repr({C}), repr({EMPTY}), repr({HYBRID}), repr({CSR})]",
        "torch.sparse.check_sparse_tensor_invariants.is_enabled()",
        "T(2, 2, 2).to_sparse(1)._values()",
        "T(2, 2, 2).to_sparse(2).indices()",
        "torch.sparse.spdiags(T(2, 3), torch.tensor([0, 1]), (3, 3)).to_dense()",
        "torch.sparse.spdiags(T(1, 3), torch.tensor([-1]), (3, 4)).to_dense()",
    ],
    "gradients": [
        f"grads(lambda v: torch.sparse_coo_tensor(torch.tensor([[0, 1, 1], [2, 0, 2]]), v, (2, 3)).{f}, T(3))"
        for f in (
            "to_dense()",
            "coalesce().values()",
            "t().to_dense()",
            "sum()",
            "mul(2.0).to_dense()",
            "matmul(T(3, 2))",
            "mm(T(3, 2))",
            "add(T(2, 3).to_sparse()).to_dense()",
        )
    ]
    + [
        f"grads(lambda d: {f}, T(3, 2))"
        for f in (
            f"torch.sparse.mm({C}, d)",
            f"{C} @ d",
            f"torch.addmm(T(2, 2), {C}, d)",
            "torch.sparse.sum(d.to_sparse(), 0).to_dense()",
            "torch.sparse.softmax(d.to_sparse(), 1).to_dense()",
            "torch.sparse.log_softmax(d.to_sparse(), 0).to_dense()",
            "d.to_sparse_csr().to_dense()",
            "d.to_sparse().coalesce().values()",
        )
    ],
}

CASES: dict[str, list[str]] = {f"sparse tensors: {name}": cases for name, cases in SPARSE.items()}
