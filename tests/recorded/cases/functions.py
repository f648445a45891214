"""Functions of `torch` that no other record shows: aliases, copies of views, and the state that functions read."""

ALIASES = {
    "absolute": "T(4)", "arccos": "P(4)", "arccosh": "P(4) + 1", "arcsin": "P(4)", "arcsinh": "T(4)", "arctan": "T(4)",
    "arctanh": "P(4)", "fix": "T(4) * 3", "negative": "T(4)", "relu": "T(4)",
}  # fmt: skip

# Is the result a plain tensor inside of a context, and an instance of the subclass behind it?
KEPT = (
    "(lambda s, c: [c.__enter__(), type(s + 1) is torch.Tensor, c.__exit__(None, None, None), type(s + 1) is type(s)][1::2])"
    "(T(2).as_subclass(type('S', (torch.Tensor,), {{}})), torch.{name}())"
)

CASES: dict[str, list[str]] = {
    **{f"torch.{name}": [KEPT.format(name=name)] for name in ("DisableTorchFunction", "DisableTorchFunctionSubclass")},
    **{f"torch.{name}": [f"grads(torch.{name}, {x})"] for name, x in ALIASES.items()},
    **{f"torch.{name}_": [f"torch.{name}_({x})"] for name, x in ALIASES.items() if name != "absolute"},
    "torch.clip_": ["torch.clip_(T(6), -0.4, 0.9)"],
    "torch.arctan2": ["grads(torch.arctan2, T(4), T(4, shift=0.1))"],
    "torch.subtract": ["grads(lambda a, b: torch.subtract(a, b, alpha=3), T(4), T(4, shift=0.1))"],
    "torch.xlog1py": ["grads(torch.special.xlog1py, T(4), P(4))"],
    "torch.polygamma": ["grads(lambda x: torch.polygamma(2, x), P(4))"],
    "torch.i0_": ["torch.i0_(T(4))"],
    "torch.greater_equal": ["torch.greater_equal(T(4), 0.1)"],
    "torch.less_equal": ["torch.less_equal(T(4), T(4, shift=0.1))"],
    "torch.swapaxes": ["torch.swapaxes(T(2, 3, 1), 0, 2)"],
    "torch.slice_scatter": ["grads(lambda a, b: torch.slice_scatter(a, b, 1, 0, 3, 2), T(2, 4), T(2, 2, shift=0.1))"],
    "torch.concatenate": ["torch.concatenate([T(2, 1), T(2, 2)], axis=1)"],
    "torch.row_stack": ["torch.row_stack([T(3), T(2, 3)])"],
    "torch.ger": ["grads(torch.ger, T(3), T(2))"],
    **{
        f"torch.{name}": [
            "[file := __import__('io').BytesIO(), torch.save(T(2, 3).t(), file), file.seek(0), torch.load(file)][1:]"
        ]
        for name in ("save", "load")
    },
    "torch.detach_copy": ["torch.detach_copy(T(3).requires_grad_())"],
    "torch.select_copy": ["torch.select_copy(T(2, 3), 1, 2)"],
    "torch.split_copy": ["torch.split_copy(T(5), 2)"],
    "torch.view_as_real_copy": ["torch.view_as_real_copy(torch.complex(T(2), P(2)))"],
    "torch.view_as_complex_copy": ["torch.view_as_complex_copy(T(3, 2))"],
    "torch.nonzero_static": ["torch.nonzero_static(I(2, 2, 3), size=5, fill_value=-7)"],
    "torch.broadcast_shapes": [
        "list(torch.broadcast_shapes((3, 1), (1, 4), (4,)))",
        "raised(lambda: torch.broadcast_shapes((2,), (3,)))",
    ],
    "torch.is_tensor": ["[torch.is_tensor(T(1)), torch.is_tensor(1.0)]"],
    "torch.is_inference": [
        "[torch.is_inference(T(1)), torch.inference_mode()(lambda: torch.is_inference(T(1) + 1))()]"
    ],
    "torch.is_complex": ["[torch.is_complex(T(1)), torch.is_complex(torch.complex(T(1), T(1)))]"],
    "torch.typename": [
        "[torch.typename(torch.ones(1)), torch.typename(nn.Linear(1, 1)).rpartition('.')[2], torch.typename(3)]"
    ],
    "torch.seed": ["isinstance(torch.seed(), int)"],
    "torch.initial_seed": ["seeded(torch.initial_seed, 123)"],
    "torch.get_num_threads": ["torch.get_num_threads() >= 1"],
    "torch.set_num_threads": [
        "[torch.set_num_threads(n), torch.get_num_threads() == n][1:] if (n := torch.get_num_threads()) else 0"
    ],
    "torch.get_default_device": ["str(torch.get_default_device())"],
    "torch.set_default_device": [
        "[torch.set_default_device('cpu'), str(torch.zeros(1).device), torch.set_default_device(None)]"
    ],
    "torch.set_default_dtype": [
        "[torch.set_default_dtype(torch.float64), str(torch.ones(1).dtype), torch.set_default_dtype(torch.float32)]"
    ],
    "torch.get_default_dtype": ["str(torch.get_default_dtype())"],
    "torch.is_grad_enabled": ["torch.is_grad_enabled()"],
    "torch.no_grad": [
        "torch.no_grad()(torch.is_grad_enabled)()",
        "torch.no_grad()(lambda x: x * 2)(T(2).requires_grad_()).requires_grad",
    ],
    "torch.enable_grad": ["torch.no_grad()(torch.enable_grad()(torch.is_grad_enabled))()"],
    "torch.set_grad_enabled": [
        "[torch.set_grad_enabled(False) and 0, torch.is_grad_enabled(), torch.set_grad_enabled(True) and 0][1]"
    ],
    "torch.inference_mode": [
        "torch.inference_mode()(torch.is_inference_mode_enabled)()",
        "torch.inference_mode()(lambda: T(1).exp())().requires_grad",
    ],
    "torch.is_inference_mode_enabled": ["torch.is_inference_mode_enabled()"],
    "torch.is_anomaly_enabled": ["torch.is_anomaly_enabled()"],
    "torch.is_anomaly_check_nan_enabled": ["torch.is_anomaly_check_nan_enabled()"],
    "torch.set_anomaly_enabled": [
        "[torch.set_anomaly_enabled(True, False), torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled(), torch.set_anomaly_enabled(False)][1:3]"
    ],
    "torch.from_dlpack": ["torch.from_dlpack(T(2, 3))"],
    "torch.to_dlpack": ["torch.from_dlpack(torch.utils.dlpack.to_dlpack(T(2, 3)))"],
    "torch.UntypedStorage": ["T(2, 3).untyped_storage().nbytes()"],
    "torch.OutOfMemoryError": ["issubclass(torch.OutOfMemoryError, RuntimeError)"],
    "torch.absolute_": ["T(4).absolute_()"],
    "torch.xlog1py_": ["torch.special.xlog1py(T(4), P(4))"],
    "torch.ComplexFloatTensor": ["torch.ones(1, dtype=torch.complex64).type()"],
    "torch.ComplexDoubleTensor": ["torch.ones(1, dtype=torch.complex128).type()"],
    "torch.Node": ["isinstance((T(1).requires_grad_() * 2).grad_fn, torch.autograd.graph.Node)"],
    "torch.Op": ["[torch.exp.__name__, callable(torch.exp), isinstance(torch.exp, type)]"],
    "torch.Tag": ["[torch.Tag.core.name, torch.Tag.pointwise.name]"],
    "torch.set_vital": ["torch.set_vital('set', 'name', 'value')"],
    "torch.SavedTensor": ["type((T(2).requires_grad_() ** 2).grad_fn._raw_saved_self).__name__"],
    "torch.is_conj": ["[torch.is_conj(torch.complex(T(2), P(2)).conj()), torch.is_conj(T(1))]"],
    "torch.is_neg": ["[torch.is_neg(torch.complex(T(2), P(2)).conj().imag), torch.is_neg(T(1))]"],
    "torch.get_device_module": ["torch.get_device_module('cpu').__name__.rpartition('.')[2]"],
    "torch.dtype": [
        "[isinstance(torch.float16, torch.dtype), torch.float16.itemsize, torch.complex64.is_complex, str(torch.complex64.to_real())]"
    ],
    "torch.vmap": ["[torch.vmap(torch.dot, (0, None))(T(3, 2), T(2)), torch.vmap(torch.diff, 1, -1)(T(3, 2))]"],
    "torch.layout": ["isinstance(T(1).layout, torch.layout)"],
    "torch.memory_format": ["isinstance(torch.channels_last, torch.memory_format)"],
    **{
        f"torch.{name}Tensor": [f"[str(torch.{name}Tensor(2, 3).dtype), torch.{name}Tensor([1, 2])]"]
        for name in ("BFloat16", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short", "Bool")
    },
    "torch.convolution": [
        "torch.convolution(torch.arange(18.0).view(1, 2, 3, 3), torch.ones(2, 1, 2, 2), None, [1], [0], [1], False, [0], 2)",
        "torch.convolution(torch.arange(4.0).view(1, 1, 4), torch.ones(1, 2, 3), torch.tensor([1.0, 2.0]), (2,), (1,), (1,), "
        "True, (1,), 1)",
    ],
    "torch.embedding_renorm_": [
        "torch.embedding_renorm_(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), torch.tensor([0, 1, 0]), 1.0, 2.0)",
    ],
    "torch.native_batch_norm": [
        "torch.native_batch_norm(torch.arange(8.0).view(2, 2, 2), None, None, None, None, True, 0.1, 1e-5)",
        "torch.native_batch_norm(torch.ones(2, 1), None, None, torch.zeros(1), torch.ones(1), False, 0.1, 1e-5)[0]",
    ],
    "torch.native_dropout": [
        "torch.native_dropout(torch.arange(3.0), 0.0, True)",
        "torch.native_dropout(torch.arange(3.0), 0.5, False)",
        "torch.native_dropout(torch.ones(2), 1.0, True)",
    ],
    "torch.native_group_norm": [
        "torch.native_group_norm(torch.arange(8.0).view(1, 4, 2), torch.ones(4), torch.zeros(4), 1, 4, 2, 2, 1e-5)",
    ],
    "torch.native_layer_norm": [
        "torch.native_layer_norm(torch.arange(6.0).view(2, 3), (3,), torch.tensor([1.0, 2.0, 3.0]), None, 1e-5)",
    ],
    "torch.slice_copy": [
        "torch.slice_copy(torch.arange(10).view(2, 5), 1, 1, -1, 2)",
        "torch.slice_copy(torch.arange(3))",
    ],
    **{
        f"torch.{name}": [f"raised(lambda: torch.{name}(torch.ones(2, 2), torch.ones(2, 2)))"]
        for name in ("eig", "lstsq", "matrix_rank", "solve")
    },
    "torch.sym_float": ["torch.sym_float(3)", "torch.sym_float(True)"],
    "torch.sym_fresh_size": ["torch.sym_fresh_size(4)"],
    "torch.sym_int": ["torch.sym_int(3.7)", "torch.sym_int(-3.7)"],
    "torch.sym_ite": ["torch.sym_ite(True, 1, 2)", "torch.sym_ite(False, 1.5, 2.5)"],
    "torch.sym_max": ["torch.sym_max(1, 2)", "torch.sym_max(3, 2.5)"],
    "torch.sym_min": ["torch.sym_min(1, 2)", "torch.sym_min(2, 2.5)"],
    "torch.sym_not": ["torch.sym_not(True)"],
    "torch.sym_sqrt": ["torch.sym_sqrt(9)", "torch.sym_sqrt(2.25)"],
    "torch.sym_sum": ["torch.sym_sum([1, 2, 3])"],
}
