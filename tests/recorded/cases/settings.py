"""Functions of `torch` that set how it computes and ask for it, and its names for functions of `nn.functional`."""


def restored(setter: str, getter: str, value: str) -> str:
    """What is asked for after it was set, and after it was set back."""
    return f"(lambda old: [torch.{setter}({value}), torch.{getter}(), torch.{setter}(old), torch.{getter}()])(torch.{getter}())"


FUNCTIONAL = {
    "adaptive_avg_pool1d": "T(2, 3, 7), 3",
    "avg_pool1d": "T(2, 3, 7), 3, 2, 1",
    "bilinear": "T(2, 3), T(2, 4), T(5, 3, 4), T(5)",
    "celu": "T(5), 0.7",
    "channel_shuffle": "T(1, 6, 2, 2), 3",
    "conv1d": "T(2, 3, 6), T(4, 3, 2), T(4), 2, 1",
    "conv2d": "T(1, 2, 5, 5), T(4, 1, 3, 3), None, 1, 1, 1, 2",
    "conv3d": "T(1, 2, 3, 4, 4), T(3, 2, 2, 2, 2), T(3)",
    "conv_transpose1d": "T(2, 3, 4), T(3, 2, 3), T(2), 2, 1",
    "conv_transpose2d": "T(1, 2, 3, 3), T(2, 2, 2, 2), None, 2",
    "conv_transpose3d": "T(1, 2, 2, 2, 2), T(2, 1, 2, 2, 2)",
    "cosine_similarity": "T(2, 4), T(2, 4, shift=0.1), 1",
    "group_norm": "T(2, 4, 3), 2, T(4), T(4, shift=0.2)",
    "hardshrink": "T(5), 0.4",
    "layer_norm": "T(2, 4), (4,), T(4), T(4, shift=0.2)",
    "max_pool1d": "T(2, 3, 7), 3, 2, 1",
    "max_pool2d": "T(1, 2, 5, 5), 2",
    "max_pool3d": "T(1, 2, 4, 4, 4), 2",
    "pairwise_distance": "T(3, 4), T(3, 4, shift=0.1)",
    "pdist": "T(4, 3)",
    "pixel_shuffle": "T(1, 4, 2, 2), 2",
    "pixel_unshuffle": "T(1, 1, 4, 4), 2",
    "prelu": "T(2, 3), P(3)",
    "rms_norm": "T(2, 4), (4,), T(4)",
    "selu": "T(5)",
    "threshold": "T(5), 0.2, -3.0",
}
WITHOUT_GRADIENT = {
    "native_channel_shuffle": "T(1, 6, 2, 2), 2",
    "celu_": "T(5)",
    "selu_": "T(5)",
    "threshold_": "T(5), 0.2, -3.0",
}
DROPOUTS = {"dropout": "T(2, 3, 4)", "alpha_dropout": "T(2, 3, 4)", "feature_alpha_dropout": "T(2, 3, 4)"}
SWITCHES = {
    ("set_autocast_cache_enabled", "is_autocast_cache_enabled"): "False",
    ("set_warn_always", "is_warn_always_enabled"): "True",
    ("set_float32_matmul_precision", "get_float32_matmul_precision"): "'high'",
    ("set_deterministic_debug_mode", "get_deterministic_debug_mode"): "'warn'",
}

CASES: dict[str, list[str]] = {
    **{f"torch.{name}": [f"grads(torch.{name}, {call})"] for name, call in FUNCTIONAL.items()},
    **{f"torch.{name}": [f"torch.{name}({call})"] for name, call in WITHOUT_GRADIENT.items()},
    **{
        f"torch.{name}": [f"[torch.{name}({x}, 0.5, False), torch.{name}({x}, 0.0, True)]"]
        for name, x in DROPOUTS.items()
    },
    "torch.rrelu": ["[torch.rrelu(T(5)), torch.rrelu(T(5), 0.3, 0.3, True)]"],
    "torch.rrelu_": ["torch.rrelu_(T(5), 0.1, 0.3)"],
    **{f"torch.{name}": [restored(*pair, value)] for pair, value in SWITCHES.items() for name in pair},
    "torch.use_deterministic_algorithms": [
        "[torch.use_deterministic_algorithms(True, warn_only=True), torch.are_deterministic_algorithms_enabled(), "
        "torch.is_deterministic_algorithms_warn_only_enabled(), torch.use_deterministic_algorithms(False)]"
    ],
    "torch.are_deterministic_algorithms_enabled": ["torch.are_deterministic_algorithms_enabled()"],
    "torch.is_deterministic_algorithms_warn_only_enabled": ["torch.is_deterministic_algorithms_warn_only_enabled()"],
    "torch.compiled_with_cxx11_abi": ["isinstance(torch.compiled_with_cxx11_abi(), bool)"],
    "torch.get_num_interop_threads": ["torch.get_num_interop_threads() >= 1"],
    "torch.set_num_interop_threads": ["raised(lambda: torch.set_num_interop_threads(0))"],
    "torch.set_default_tensor_type": [
        "[torch.set_default_tensor_type('torch.DoubleTensor'), str(torch.ones(1).dtype), torch.set_default_tensor_type('torch.FloatTensor')]"
    ],
    "torch.kaiser_window": [
        "[torch.kaiser_window(6), torch.kaiser_window(5, False, 3.0, dtype=torch.float64)]",
        "[list(torch.kaiser_window(4, device='meta').shape), (torch.set_default_device('meta'), "
        "torch.kaiser_window(4).device.type, torch.set_default_device(None))[1]]",
    ],
    "torch.set_flush_denormal": ["isinstance(torch.set_flush_denormal(False), bool)"],
    **{
        f"torch.{name}": [f"isinstance(T(2).shape[0], torch.{name}), issubclass(int, torch.{name})"]
        for name in ("SymBool", "SymFloat", "SymInt")
    },
    "torch.PyTorchFileReader": ["callable(torch.PyTorchFileReader)"],
    "torch.ScriptFunction": ["isinstance(torch.mm, torch.ScriptFunction)"],
    "torch.ScriptModule": ["isinstance(nn.Linear(2, 2), torch.ScriptModule)"],
    **{
        f"torch.{name}Type": [f"isinstance(T(2), torch.{name}Type)"]
        for name in (
            "Any",
            "Bool",
            "Class",
            "Complex",
            "DeviceObj",
            "Dict",
            "Enum",
            "Float",
            "Future",
            "Int",
            "Interface",
            "List",
            "None",
            "Number",
            "Optional",
            "StreamObj",
            "String",
            "SymInt",
            "Tensor",
            "Tuple",
            "Union",
        )
    },
    "torch.compile": ["grads(torch.compile(lambda x: x * 2, backend='eager'), T(3))"],
    "torch.GradScaler": ["torch.GradScaler('cpu', init_scale=4.0).scale(T(3))"],
    "torch.autocast": ["str(torch.autocast('cpu', torch.bfloat16)(torch.mm)(T(2, 2).float(), T(2, 2).float()).dtype)"],
    "torch.autocast_increment_nesting": ["[torch.autocast_increment_nesting(), torch.autocast_decrement_nesting()]"],
    "torch.autocast_decrement_nesting": ["[torch.autocast_increment_nesting(), torch.autocast_decrement_nesting()]"],
    "torch.clear_autocast_cache": ["torch.clear_autocast_cache()"],
    "torch.get_autocast_dtype": ["[str(torch.get_autocast_dtype(device)) for device in ('cpu', 'cuda')]"],
    "torch.get_autocast_cpu_dtype": ["str(torch.get_autocast_cpu_dtype())"],
    "torch.get_autocast_gpu_dtype": ["str(torch.get_autocast_gpu_dtype())"],
    "torch.set_autocast_dtype": [
        "[torch.set_autocast_dtype('cpu', torch.float16), str(torch.get_autocast_dtype('cpu')), torch.set_autocast_dtype('cpu', torch.bfloat16)]"
    ],
    "torch.set_autocast_cpu_dtype": [
        "[torch.set_autocast_cpu_dtype(torch.float16), str(torch.get_autocast_cpu_dtype()), torch.set_autocast_cpu_dtype(torch.bfloat16)]"
    ],
    "torch.set_autocast_gpu_dtype": [
        "[torch.set_autocast_gpu_dtype(torch.bfloat16), str(torch.get_autocast_gpu_dtype()), torch.set_autocast_gpu_dtype(torch.float16)]"
    ],
    "torch.is_autocast_enabled": ["[torch.is_autocast_enabled(), torch.is_autocast_enabled('cpu')]"],
    "torch.is_autocast_cpu_enabled": ["torch.is_autocast_cpu_enabled()"],
    "torch.set_autocast_enabled": [
        "[torch.set_autocast_enabled('cpu', True), torch.is_autocast_enabled('cpu'), torch.set_autocast_enabled('cpu', False)]"
    ],
    "torch.set_autocast_cpu_enabled": [
        "[torch.set_autocast_cpu_enabled(True), torch.is_autocast_cpu_enabled(), torch.set_autocast_cpu_enabled(False)]"
    ],
    "torch.Event": ["raised(lambda: torch.Event('cpu'))"],
    "torch.Stream": ["raised(lambda: torch.Stream('nowhere'))"],
    "torch.Future": ["(lambda f: [f.set_result(3), f.done(), f.wait()])(torch.futures.Future())"],
}
