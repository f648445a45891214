"""Linear algebra under its old names, and functions of neighbours, counts and segments."""

CASES: dict[str, list[str]] = {
    "torch.chain_matmul": ["grads(torch.chain_matmul, T(2, 3), T(3, 1), T(1, 4))"],
    "torch.frobenius_norm": ["grads(lambda x: torch.frobenius_norm(x, 1, True), T(2, 3))"],
    "torch.norm_except_dim": ["grads(lambda x: torch.norm_except_dim(x, 2, 1), T(2, 3, 2))", "torch.norm_except_dim(T(3), 3, -1)"],
    "torch.matrix_power": ["grads(lambda x: torch.matrix_power(x, 3), T(2, 3, 3))"],
    "Tensor.matrix_power": ["T(2, 2).matrix_power(0)"],
    "torch.vander": ["[torch.vander(T(3)), torch.vander(I(5, 3), 4, increasing=True)]"],
    "torch.segment_reduce": [
        "torch.segment_reduce(T(6, 2), 'mean', lengths=torch.tensor([1, 3, 2]))",
        "torch.segment_reduce(T(2, 4), 'max', lengths=torch.tensor([[1, 3], [2, 2]]), axis=1)",
        "torch.segment_reduce(T(5), 'prod', offsets=torch.tensor([0, 2, 2, 5]), initial=2)",
    ],
    "torch.is_same_size": ["[torch.is_same_size(T(2, 3), P(2, 3)), torch.is_same_size(T(2), T(2, 1))]"],
    "torch.is_signed": ["[torch.is_signed(T(1)), torch.is_signed(T(1).byte())]"],
    "torch.get_device": ["torch.get_device(T(1))"],
    "torch.detach_": ["torch.detach_(T(2).requires_grad_() * 2)"],
    "Tensor.is_set_to": ["(lambda x: [x.is_set_to(x[:]), x.is_set_to(x.clone()), x.is_set_to(x.t())])(T(2, 2))"],
    "torch.gradient": ["torch.gradient(T(3, 4), spacing=(T(3).cumsum(0), T(4).exp()), edge_order=2)"],
    "torch.frexp": ["list(torch.frexp(T(5) * 40))"],
}  # fmt: skip
