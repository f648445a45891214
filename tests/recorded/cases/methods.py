"""Methods and attributes of `Tensor` that no other record shows."""

FALSE = [
    "is_cuda", "is_meta", "is_mkldnn", "is_mps", "is_mtia", "is_nested", "is_quantized", "is_sparse", "is_sparse_csr",
    "is_xpu",
]  # fmt: skip
BOTH = {"arccos": "P(4)", "arccosh": "P(4) + 1", "arctan": "T(4)", "arctanh": "P(4)", "fix": "T(4) * 3", "relu": "T(4)"}

CASES: dict[str, list[str]] = {
    **{f"Tensor.{name}": [f"T(2).{name}"] for name in FALSE},
    **{f"Tensor.{name}_": [f"({x}).{name}_()"] for name, x in BOTH.items()},
    "Tensor.arccosh": ["grads(lambda x: x.arccosh(), P(3) + 1)"],
    "Tensor.arctan2_": ["T(4).arctan2_(T(4, shift=0.1))"],
    "Tensor.divide_": ["T(4).divide_(T(4, shift=0.1))", "T(4).divide_(0.3, rounding_mode='floor')"],
    "Tensor.greater_equal_": ["T(4).greater_equal_(0.1)"],
    "Tensor.less_equal_": ["T(4).less_equal_(0.1)"],
    "Tensor.subtract_": ["T(4).subtract_(T(4, shift=0.1), alpha=2)"],
    "Tensor.xlog1py": ["torch.special.xlog1py(T(4), P(4))"],
    "Tensor.ger": ["T(3).ger(T(2))"],
    "Tensor.swapaxes": ["T(2, 3, 1).swapaxes(0, 2)"],
    "Tensor.swapdims_": ["T(2, 3, 1).swapdims_(0, 2)"],
    "Tensor.set_": [
        "T(2).set_(T(2, 3))",
        "T(2).set_()",
        "T(2).set_(T(6), 1, (2, 2), (1, 2))",
        "T(2).set_(T(6).untyped_storage(), 2, (2,))",
        "[y.set_(x), y.add_(1), x][2] if (x := T(3)) is not (y := T(2)) else 0",
    ],
    "Tensor.cuda": ["callable(T(2).cuda)"],
    "Tensor.record_stream": ["callable(T(2).record_stream)"],
    "Tensor.is_shared": ["T(2).is_shared()", "T(2).share_memory_().is_shared()"],
    "Tensor.share_memory_": ["T(2, 3).share_memory_()", "T(2, 3).t().share_memory_().stride()"],
    "Tensor.module_load": [
        "T(2).module_load(T(2, shift=0.2))",
        "(lambda x, y: [y.module_load(x, assign=True), y])(T(3), T(2))",
    ],
    "Tensor.nonzero_static": ["I(2, 2, 3).nonzero_static(size=5)"],
    "Tensor.map_": ["T(3).map_(T(3, shift=0.1), lambda a, b: a - 2 * b)"],
    "Tensor.map2_": ["T(3).map2_(T(3, shift=0.1), T(3, shift=0.2), lambda a, b, c: a - 2 * b + 3 * c)"],
    "Tensor.as_subclass": ["type(T(2).as_subclass(nn.Parameter)).__name__", "T(2).as_subclass(torch.Tensor)"],
    "Tensor.backward": ["[x.square().backward(T(3)), x.grad][1] if (x := P(3).requires_grad_()).requires_grad else 0"],
    "Tensor.grad": ["T(2).grad"],
    "Tensor.retain_grad": [
        "[y.retain_grad(), y.retains_grad, y.sum().backward(), y.grad][1:] if (y := P(3).requires_grad_() * 2).requires_grad else 0"
    ],
    "Tensor.retains_grad": ["T(2).requires_grad_().retains_grad"],
    "Tensor.register_hook": [
        "[x.register_hook(lambda g: g * 3) and 0, x.sum().backward(), x.grad][2] if (x := P(3).requires_grad_()).requires_grad else 0"
    ],
    "Tensor.register_post_accumulate_grad_hook": [
        "[x.register_post_accumulate_grad_hook(lambda p: p.grad.mul_(5) and None) and 0, x.sum().backward(), x.grad][2] "
        "if (x := torch.ones(1).requires_grad_()).requires_grad else 0"
    ],
    "Tensor.output_nr": ["T(3).requires_grad_().unbind()[2].output_nr"],
    "Tensor.cpu": ["T(2).cpu()"],
    "Tensor.data": ["[T(2).requires_grad_().data.requires_grad, T(2).data]"],
    "Tensor.data_ptr": ["(lambda x: (x[1:].data_ptr() - x.data_ptr(), x.t().data_ptr() == x.data_ptr()))(T(3, 2))"],
    "Tensor.dim": ["T(2, 1, 3).dim()"],
    "Tensor.chalf": ["[T(1).chalf().dtype, T(1).chalf().to(torch.complex64)]"],
    "Tensor.element_size": ["[T(1).element_size(), T(1).half().element_size()]"],
    "Tensor.nbytes": ["T(2, 3).nbytes"],
    "Tensor.nelement": ["T(2, 3).nelement()"],
    "Tensor.get_device": ["T(1).get_device()"],
    "Tensor.is_cpu": ["T(1).is_cpu"],
    "Tensor.is_conj": ["[T(1).is_conj(), torch.complex(T(1), T(1)).is_conj()]"],
    "Tensor.is_neg": ["T(1).is_neg()"],
    "Tensor.is_inference": ["T(1).is_inference()"],
    "Tensor.is_pinned": ["T(1).is_pinned()"],
    "Tensor.pin_memory": ["raised(lambda: T(1).pin_memory('nowhere')) != 'nothing'"],
    "Tensor.mH": ["torch.complex(T(2, 3), P(2, 3)).mH.resolve_conj()"],
    "Tensor.name": ["T(1).name"],
    "Tensor.new": ["T(3).new([1, 2])", "list(T(3).new(2, 3).shape)"],
    "Tensor.names": ["list(getattr(T(1, 2), 'names', (None, None)))"],
    "Tensor.xlog1py_": ["torch.special.xlog1py(T(4), P(4))"],
    "Tensor.i0": ["grads(lambda x: x.i0(), T(4))"],
    "Tensor.igamma": ["P(4).igamma(P(4, shift=0.3))"],
    "Tensor.igammac": ["P(4).igammac(P(4, shift=0.3))"],
    "Tensor.to_dense": ["T(2).to_dense()", "T(2).to_dense(torch.float32)"],
    "Tensor.untyped_storage": ["[T(2, 3)[1:].untyped_storage().nbytes(), len(T(2).untyped_storage())]"],
}
