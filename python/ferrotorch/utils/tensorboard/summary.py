"""Records of TensorBoard from numbers, arrays and tensors."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

import ferrotorch as torch

__all__ = ["audio", "figure_to_image", "histogram", "hparams", "image", "make_np", "scalar", "text"]


def make_np(value: Any) -> Any:
    """A number, list, array or tensor as an array."""
    if isinstance(value, torch.Tensor):
        tensor = value.detach().cpu()
        return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
    return np.atleast_1d(np.asarray(value)) if np.isscalar(value) else np.asarray(value)


def _parts() -> Any:
    from tensorboard.compat.proto import summary_pb2

    return summary_pb2


def scalar(tag: str, value: Any) -> Any:
    """A number.

    Raises:
        AssertionError: more than one.
    """
    array = make_np(value).squeeze()
    if array.ndim != 0:
        raise AssertionError(
            f"Tensor should contain one element (0 dimensions). Was given size: {array.size} and {array.ndim} "
            "dimensions."
        )
    pb = _parts()
    return pb.Summary(value=[pb.Summary.Value(tag=tag, simple_value=float(array))])


def histogram(tag: str, values: Any, bins: Any, max_bins: int | None = None) -> Any:
    """How often values lie between bounds, by the form that NumPy's ``bins`` name.

    Raises:
        ValueError: there are no values.
    """
    array = make_np(values).astype(float).reshape(-1)
    if array.size == 0:
        raise ValueError("The input has no element.")
    counts, limits = np.histogram(array, bins=_bounds() if bins == "tensorflow" else bins)
    if max_bins is not None and len(counts) > max_bins:
        step = -(-len(counts) // max_bins)
        counts = np.add.reduceat(counts, range(0, len(counts), step))
        limits = np.append(limits[:-1:step], limits[-1])
    used = np.flatnonzero(counts)
    first, last = (used[0], used[-1]) if used.size else (0, len(counts) - 1)
    pb = _parts()
    data = pb.HistogramProto(
        min=array.min(), max=array.max(), num=array.size, sum=array.sum(), sum_squares=array @ array,
        bucket_limit=limits[first : last + 2].tolist(), bucket=[0, *counts[first : last + 1].tolist()],
    )  # fmt: skip
    return pb.Summary(value=[pb.Summary.Value(tag=tag, histo=data)])


def _bounds() -> list[float]:
    """TensorFlow's bounds: each a tenth larger than the one before."""
    positive = []
    bound = 1e-12
    while bound < 1e20:
        positive.append(bound)
        bound *= 1.1
    return [-value for value in reversed(positive)] + [0.0] + positive


def image(tag: str, value: Any, dataformats: str = "CHW") -> Any:
    """A picture: bytes, or numbers from 0 to 1, in the order of dimensions that is named.

    Raises:
        ImportError: the package ``pillow`` is not installed.
    """
    from PIL import Image

    array = make_np(value)
    array = array.astype(np.uint8) if array.dtype == np.uint8 else (array * 255).clip(0, 255).astype(np.uint8)
    array = _as_picture(array, dataformats.upper())
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG")
    height, width, channels = array.shape
    pb = _parts()
    data = pb.Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=buffer.getvalue())
    return pb.Summary(value=[pb.Summary.Value(tag=tag, image=data)])


def _as_picture(array: Any, order: str) -> Any:
    """An array as height, width and three or four colours; many pictures side by side."""
    if len(order) != array.ndim or len(set(order)) != len(order):
        raise AssertionError(
            f"size of input tensor and input format are different. tensor shape: {array.shape}, input_format: {order}"
        )
    if order == "HW":
        return np.stack([array] * 3, 2)
    if "N" in order:
        pictures = np.transpose(array, [order.index(letter) for letter in "NCHW"])
        columns = int(np.ceil(np.sqrt(len(pictures))))
        blank = np.zeros((-len(pictures) % columns, *pictures.shape[1:]), pictures.dtype)
        rows = np.concatenate([pictures, blank]).reshape(-1, columns, *pictures.shape[1:])
        array, order = np.concatenate([np.concatenate(list(row), 2) for row in rows], 1), "CHW"
    array = np.transpose(array, [order.index(letter) for letter in "HWC"])
    return np.concatenate([array] * 3, 2) if array.shape[2] == 1 else array


def audio(tag: str, value: Any, sample_rate: int = 44100) -> Any:
    """Sound of one channel, numbers from -1 to 1."""
    import wave

    array = (make_np(value).squeeze().clip(-1, 1) * 32767).astype("<i2")
    if array.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(array.tobytes())
    pb = _parts()
    data = pb.Summary.Audio(
        sample_rate=sample_rate, num_channels=1, length_frames=array.shape[-1],
        encoded_audio_string=buffer.getvalue(), content_type="audio/wav",
    )  # fmt: skip
    return pb.Summary(value=[pb.Summary.Value(tag=tag, audio=data)])


def text(tag: str, value: str) -> Any:
    """A text."""
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData

    pb = _parts()
    plugin = pb.SummaryMetadata.PluginData(plugin_name="text", content=TextPluginData(version=0).SerializeToString())
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    data = TensorProto(dtype="DT_STRING", string_val=[value.encode()], tensor_shape=shape)
    metadata = pb.SummaryMetadata(plugin_data=plugin)
    return pb.Summary(value=[pb.Summary.Value(tag=f"{tag}/text_summary", metadata=metadata, tensor=data)])


def hparams(hparam_dict: dict[str, Any], metric_dict: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The records of an experiment's settings and of what is measured.

    Raises:
        TypeError: either is no dict.
    """
    from tensorboard.plugins.hparams import api, summary_v2

    if not isinstance(hparam_dict, dict) or not isinstance(metric_dict, dict):
        raise TypeError("parameter: hparam_dict and metric_dict should be dictionaries")
    plain = {name: value.item() if isinstance(value, torch.Tensor) else value for name, value in hparam_dict.items()}
    experiment = summary_v2.hparams_config_pb(
        hparams=[api.HParam(name) for name in plain], metrics=[api.Metric(name) for name in metric_dict]
    )
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    ended = plugin_data_pb2.SessionEndInfo(status="STATUS_SUCCESS")
    end = plugin_data_pb2.HParamsPluginData(session_end_info=ended, version=metadata.PLUGIN_DATA_VERSION)
    pb = _parts()
    last = pb.Summary(
        value=[pb.Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=metadata.create_summary_metadata(end))]
    )
    return experiment, summary_v2.hparams_pb(plain), last


def figure_to_image(figure: Any, close: bool = True) -> Any:
    """A figure of matplotlib as an array of colours, height and width."""
    from matplotlib import pyplot as plt
    from matplotlib.backends import backend_agg

    canvas: Any = backend_agg.FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    if close:
        plt.close(figure)
    return np.moveaxis(pixels, 2, 0)
