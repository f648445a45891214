"""Read recorded calls, which are stored as JSON.

A tensor is stored as its dtype, shape, raw little-endian bytes (base64) and, where it was not
contiguous, its strides. Everything else is plain JSON or a one-key tag object:
``{"T": ...}`` tensor, ``{"tuple": [...]}``, ``{"dict": {...}}``, ``{"dtype": "float32"}``,
``{"slice": [a, b, c]}``, ``{"ellipsis": 1}``, ``{"cplx": [re, im]}``, ``{"mf": name}``,
``{"layout": name}``, ``{"device": name}``, ``{"np": ...}`` NumPy array.
"""

import base64
from typing import Any

import numpy as np

NUMPY_DTYPES = {
    **{name: np.dtype(name) for name in ("uint8", "int8", "int16", "int32", "int64", "bool")},
    **{name: np.dtype(name) for name in ("float16", "float32", "float64", "complex64", "complex128")},
    "bfloat16": np.dtype(np.uint16),  # the raw bits
}


def dtype_name(dtype: Any) -> str:
    return str(dtype).split(".")[-1]


def to_numpy(torch: Any, tensor: Any) -> np.ndarray:
    """The tensor's values as a NumPy array (bfloat16 as its raw uint16 bits)."""
    tensor = tensor.detach().resolve_conj().resolve_neg().cpu()
    if dtype_name(tensor.dtype) == "bfloat16":
        return tensor.contiguous().view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def decode_array(record: list[Any]) -> np.ndarray:
    name, shape, data, *strides = record
    dtype = NUMPY_DTYPES[name]
    array = np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape)
    if not strides:
        return array.copy()
    span = 1 + sum((n - 1) * step for n, step in zip(shape, strides[0], strict=True)) if array.size else 0
    view = np.lib.stride_tricks.as_strided(
        np.zeros(span, dtype=dtype), shape, [step * dtype.itemsize for step in strides[0]]
    )
    view[...] = array
    return view


def make_tensor(torch: Any, record: list[Any], requires_grad: bool = False, device: str = "cpu") -> Any:
    array = decode_array(record)
    if record[0] == "bfloat16":
        tensor = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(array)
    return tensor.to(device).requires_grad_(requires_grad)


def decode(torch: Any, value: Any, device: str = "cpu") -> Any:
    if isinstance(value, list):
        return [decode(torch, v, device) for v in value]
    if not isinstance(value, dict):
        return value
    if "T" in value:
        return make_tensor(torch, value["T"], bool(value.get("grad")), device)
    ((tag, body),) = value.items()
    match tag:
        case "np":
            return decode_array(body)
        case "tuple":
            return tuple(decode(torch, v, device) for v in body)
        case "dict":
            return {k: decode(torch, v, device) for k, v in body.items()}
        case "slice":
            return slice(*[decode(torch, v, device) for v in body])
        case "ellipsis":
            return Ellipsis
        case "cplx":
            return complex(*body)
        case "dtype" | "mf" | "layout":
            return getattr(torch, body)
        case "device":
            return torch.device(device if body == "cpu" else body)
    raise ValueError(f"unknown tag {tag}")


def tensors_in(torch: Any, value: Any) -> list[Any]:
    """All tensors in a nested value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [t for v in value for t in tensors_in(torch, v)]
    if isinstance(value, dict):
        return [t for v in value.values() for t in tensors_in(torch, v)]
    return []


def cotangent(shape: tuple[int, ...], is_complex: bool) -> np.ndarray:
    """The fixed gradient that a recorded case sends back through an output of this shape."""
    k = np.arange(int(np.prod(shape)), dtype=np.float64)
    values = np.cos(k) + 0.5
    if is_complex:
        values = values + 1j * np.sin(0.7 * k)
    return values.reshape(shape)
