"""Sparse tensors: what is stored in them, or what they are as dense ones."""

X = "(T(4, 6) * M(4, 6))"
LAYOUTS = {"csr": ("crow", "col"), "csc": ("ccol", "row"), "bsr": ("crow", "col"), "bsc": ("ccol", "row")}


def blocks(layout: str) -> str:
    return "(2, 3)" if layout.startswith("bs") else ""


def parts(layout: str, x: str) -> str:
    """The parts of a tensor of a layout."""
    compressed, plain = LAYOUTS[layout]
    return f"[y.{compressed}_indices(), y.{plain}_indices(), y.values()] if (y := {x}) is not None else 0"


CASES: dict[str, list[str]] = {
    **{f"Tensor.to_sparse_{name}": [parts(name, f"{X}.to_sparse_{name}({blocks(name)})")] for name in LAYOUTS},
    **{
        f"torch.sparse_{name}_tensor": [
            f"torch.sparse_{name}_tensor(y.{c}_indices(), y.{p}_indices(), y.values() * 2, (4, 6)).to_dense() "
            f"if (y := {X}.to_sparse_{name}({blocks(name)})) is not None else 0"
        ]
        for name, (c, p) in LAYOUTS.items()
    },
    "torch.sparse_compressed_tensor": [
        "torch.sparse_compressed_tensor([0, 1, 3], [2, 0, 2], T(3), layout=torch.sparse_csr).to_dense()"
    ],
    "torch.sparse_coo_tensor": [
        "torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], T(3), (2, 3)).to_dense()",
        "torch.sparse_coo_tensor([[0, 2]], T(2, 3)).to_dense()",
        "grads(lambda v: torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], v, (2, 3)).to_dense().sin(), T(3))",
    ],
    "Tensor.to_sparse": [f"{X}.to_sparse()._indices()", f"{X}.to_sparse(1)._values()"],
    "Tensor.to_sparse_coo": [f"{X}.to_sparse_csc().to_sparse_coo().to_dense()"],
    "Tensor.coalesce": ["torch.sparse_coo_tensor([[2, 0, 2]], T(3), (3,)).coalesce().values()"],
    "Tensor.is_coalesced": [
        "torch.sparse_coo_tensor([[2, 0]], T(2)).is_coalesced()",
        f"{X}.to_sparse().is_coalesced()",
    ],
    "Tensor.values": [f"{X}.to_sparse().values()"],
    **{
        f"Tensor.{name}_indices": [f"{X}.to_sparse_{layout}().{name}_indices()"]
        for name, layout in (("crow", "csr"), ("col", "csr"), ("ccol", "csc"), ("row", "csc"))
    },
    "Tensor.sparse_mask": [f"T(4, 6, shift=2.0).sparse_mask({X}.to_sparse()).to_dense()"],
    "Tensor.sparse_resize_": [f"{X}.to_sparse().sparse_resize_((5, 7), 2, 0).to_dense()"],
    "Tensor.sparse_resize_and_clear_": [f"{X}.to_sparse().sparse_resize_and_clear_((2, 3), 2, 0).to_dense()"],
    "Tensor.resize_as_sparse_": [f"torch.sparse_coo_tensor(size=(2, 3)).resize_as_sparse_({X}.to_sparse()).to_dense()"],
    "torch.hspmm": [f"torch.hspmm({X}.to_sparse(), T(6, 2)).to_dense()"],
    "torch.hsmm": [f"torch.hsmm({X}.to_sparse(), T(6, 2)).to_dense()"],
    "torch.dsmm": [f"torch.dsmm({X}.to_sparse(), T(6, 2))", "torch.dsmm(T(2, 3), T(3, 2))"],
    "torch.spmm": [f"torch.spmm({X}.to_sparse(), T(6, 2))", "torch.spmm(T(2, 3), T(3, 2))"],
    "torch.saddmm": [f"torch.saddmm(T(4, 2).to_sparse(), {X}.to_sparse(), T(6, 2)).to_dense()"],
    "torch.smm": [f"torch.smm({X}.to_sparse(), T(6, 2)).to_dense()"],
    "Tensor.smm": [f"{X}.to_sparse().smm(T(6, 2)).to_dense()"],
    "torch.sspaddmm": [f"torch.sspaddmm(T(4, 2).to_sparse(), {X}.to_sparse(), T(6, 2), beta=2, alpha=3).to_dense()"],
    "Tensor.sspaddmm": [f"T(4, 2).to_sparse().sspaddmm({X}.to_sparse(), T(6, 2)).to_dense()"],
    "torch.lobpcg": [
        "torch.lobpcg(torch.diag(torch.arange(1.0, 13.0, dtype=torch.float64)), 2, X=T(12, 2), tol=1e-9)[0]"
    ],
    **{
        f"{prefix}.unsafe_{name}": [f"{call}unsafe_{name}({first}{argument})"]
        for prefix, call, first in (("torch", "torch.", "T(5), "), ("Tensor", "T(5).", ""))
        for name, argument in (("chunk", "2"), ("split", "2"), ("split_with_sizes", "[1, 4]"))
    },
    "optim.SparseAdam": [
        "[(setattr(w, 'grad', (w.detach().cos() * M(3, 2)).to_sparse(1)), o.step(), w.detach().clone())[2] "
        f"for w in [nn.Parameter(T(3, 2))] for o in [optim.SparseAdam([w], {options})] for _ in range(3)]"
        for options in ("lr=0.1", "lr=0.05, betas=(0.8, 0.9), eps=1e-4, maximize=True")
    ],
}
