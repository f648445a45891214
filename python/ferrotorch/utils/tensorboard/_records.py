"""Records for TensorBoard's plugins."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from ferrotorch.utils.tensorboard.summary import _as_picture, _parts, make_np

__all__ = ["curve", "custom_scalars", "histogram_raw", "image_with_boxes", "mesh", "precision_and_recall", "video"]


def histogram_raw(tag: str, facts: tuple[float, float, int, float, float], limits: Any, counts: Any) -> Any:
    """How often values lie below limits: smallest, largest, number, sum and sum of squares are ``facts``."""
    limits, counts = make_np(limits).tolist(), make_np(counts).tolist()
    if len(limits) != len(counts):
        raise ValueError("len(bucket_limits) != len(bucket_counts), see the document.")
    pb = _parts()
    names = ("min", "max", "num", "sum", "sum_squares")
    data = pb.HistogramProto(**dict(zip(names, facts, strict=True)), bucket_limit=limits, bucket=counts)
    return pb.Summary(value=[pb.Summary.Value(tag=tag, histo=data)])


def _bytes_of(array: Any) -> Any:
    """Bytes of colours, of numbers from 0 to 1 unless they are bytes."""
    return array if array.dtype == np.uint8 else (array.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def image_with_boxes(tag: str, value: Any, boxes: Any, rescale: float, dataformats: str, labels: Any) -> Any:
    """A picture with red boxes."""
    from PIL import Image, ImageDraw

    array = _as_picture(_bytes_of(make_np(value)), dataformats.upper())
    height, width, channels = array.shape
    picture = Image.fromarray(array)
    draw = ImageDraw.Draw(picture)
    for at, (left, top, right, bottom) in enumerate(make_np(boxes).tolist()):
        draw.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], fill="Red", width=2)
        if labels is not None:
            edges = draw.textbbox((left, bottom), labels[at], anchor="ld")
            draw.rectangle(edges, fill="Red")
            draw.text((left, bottom), labels[at], fill="black", anchor="ld")
    size = (int(width * rescale), int(height * rescale))
    return _picture(tag, picture.resize(size, Image.Resampling.LANCZOS), (height, width, channels), "PNG")


def _picture(tag: str, picture: Any, shape: tuple[int, int, int], form: str, **options: Any) -> Any:
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **options)
    height, width, channels = shape
    pb = _parts()
    data = pb.Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=buffer.getvalue())
    return pb.Summary(value=[pb.Summary.Value(tag=tag, image=data)])


def video(tag: str, value: Any, fps: float) -> Any:
    """Videos (N, T, C, H, W) side by side, as a moving picture."""
    from PIL import Image

    array = _bytes_of(make_np(value))
    count, length, channels, height, width = array.shape
    rows = 1 << (count.bit_length() - 1) // 2
    full = 1 << (count - 1).bit_length()
    blank = np.zeros((full - count, *array.shape[1:]), array.dtype)
    grid = np.concatenate([array, blank]).reshape(rows, -1, length, channels, height, width)
    frames = grid.transpose(2, 0, 4, 1, 5, 3).reshape(length, rows * height, full // rows * width, channels)
    pictures = [Image.fromarray(np.repeat(frame, 3, 2) if channels == 1 else frame) for frame in frames]
    shape = (frames.shape[1], frames.shape[2], channels)
    options = {"save_all": True, "append_images": pictures[1:], "duration": round(1000 / fps), "loop": 0}
    return _picture(tag, pictures[0], shape, "GIF", **options)


def stacked(rows: tuple[Any, ...]) -> Any:
    """Rows of numbers as one array."""
    return np.stack([make_np(row) for row in rows])


def precision_and_recall(labels: Any, predictions: Any, count: int, weights: Any = None) -> Any:
    """True and false positives, true and false negatives, precision and recall at thresholds (6, count)."""
    truth, weight = make_np(labels).astype(np.float64), 1.0 if weights is None else make_np(weights)
    places = np.floor(make_np(predictions) * (count - 1)).astype(np.int32)

    def above(weighted: Any) -> Any:
        buckets, _ = np.histogram(places, bins=count, range=(0, count - 1), weights=weighted)
        return np.cumsum(buckets[::-1])[::-1]

    hits, alarms = above(truth * weight), above((1.0 - truth) * weight)
    misses = hits[0] - hits
    precision, recall = hits / np.maximum(1e-7, hits + alarms), hits / np.maximum(1e-7, hits + misses)
    return np.stack((hits, alarms, alarms[0] - alarms, misses, precision, recall))


def _tensor(data: Any) -> Any:
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in data.shape])
    return TensorProto(dtype="DT_FLOAT", float_val=data.reshape(-1).tolist(), tensor_shape=shape)


def curve(tag: str, data: Any, count: int) -> Any:
    """What :func:`precision_and_recall` made."""
    from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

    pb = _parts()
    content = PrCurvePluginData(version=0, num_thresholds=count).SerializeToString()
    metadata = pb.SummaryMetadata(plugin_data=pb.SummaryMetadata.PluginData(plugin_name="pr_curves", content=content))
    return pb.Summary(value=[pb.Summary.Value(tag=tag, metadata=metadata, tensor=_tensor(data))])


def custom_scalars(layout: dict[str, dict[str, Any]]) -> Any:
    """Which numbers are shown together."""
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.custom_scalar import layout_pb2

    def chart(title: str, kind: str, tags: Any) -> Any:
        if kind != "Margin":
            return layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=tags))
        if len(tags) != 3:
            raise AssertionError(f"Expected 3 tags for a margin, got {len(tags)}.")
        series = layout_pb2.MarginChartContent.Series(value=tags[0], lower=tags[1], upper=tags[2])
        return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))

    categories = [
        layout_pb2.Category(title=name, chart=[chart(title, *parts[:2]) for title, parts in charts.items()])
        for name, charts in layout.items()
    ]
    text = layout_pb2.Layout(category=categories).SerializeToString()
    pb = _parts()
    metadata = pb.SummaryMetadata(plugin_data=pb.SummaryMetadata.PluginData(plugin_name="custom_scalars"))
    data = TensorProto(dtype="DT_STRING", string_val=[text], tensor_shape=TensorShapeProto())
    return pb.Summary(value=[pb.Summary.Value(tag="custom_scalars__config__", tensor=data, metadata=metadata)])


def mesh(tag: str, vertices: Any, colors: Any, faces: Any, config: dict[str, Any] | None) -> Any:
    """Bodies: where their vertices lie, and what else there is of them."""
    from tensorboard.plugins.mesh import metadata
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

    kinds = ((vertices, MeshPluginData.VERTEX), (faces, MeshPluginData.FACE), (colors, MeshPluginData.COLOR))
    given = [(make_np(value), kind) for value, kind in kinds if value is not None]
    mask = metadata.get_components_bitmask([kind for _, kind in given])
    text = "{}" if config is None else json.dumps(config, sort_keys=True)
    pb = _parts()
    values = []
    for data, kind in given:
        about = metadata.create_summary_metadata(tag, None, kind, mask, list(data.shape), None, json_config=text)
        name = metadata.get_instance_name(tag, kind)
        values.append(pb.Summary.Value(tag=name, tensor=_tensor(data), metadata=about))
    return pb.Summary(value=values)
