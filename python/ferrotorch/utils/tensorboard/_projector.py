"""Files from which TensorBoard's projector shows points."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np

from ferrotorch.utils.tensorboard.summary import make_np

__all__ = ["write", "write_config"]


def write(root: Path, tag: str, step: int, mat: Any, metadata: Any, label_img: Any, metadata_header: Any) -> Any:
    """Write points, labels and pictures below a folder; returns what the projector's configuration says of them."""
    from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo

    points = make_np(mat)
    if metadata is not None and len(metadata) != len(points):
        raise AssertionError("#labels should equal with #data points")
    if label_img is not None and len(label_img) != len(points):
        raise AssertionError("#images should equal with #data points")
    if points.ndim != 2:
        raise AssertionError("mat should be 2D, where mat.size(0) is the number of data points")
    place = f"{step:05d}/{_encoded(tag)}"
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    info = EmbeddingInfo(tensor_name=f"{tag}:{step:05d}", tensor_path=f"{place}/tensors.tsv")
    _write_lines(folder / "tensors.tsv", ("\t".join(str(x) for x in row) for row in points.tolist()))
    if metadata is not None:
        _write_lines(folder / "metadata.tsv", _labels(metadata, metadata_header))
        info.metadata_path = f"{place}/metadata.tsv"
    if label_img is not None:
        pictures = make_np(label_img)
        _sprite(pictures).save(folder / "sprite.png")
        info.sprite.image_path = f"{place}/sprite.png"
        info.sprite.single_image_dim.extend([pictures.shape[3], pictures.shape[2]])
    return info


def write_config(root: Path, config: Any) -> None:
    """Write the projector's configuration."""
    text_format = importlib.import_module("google.protobuf.text_format")

    (root / "projector_config.pbtxt").write_text(text_format.MessageToString(config))


def _encoded(tag: str) -> str:
    return tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")


def _write_lines(path: Path, lines: Any) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _labels(metadata: Any, header: Any) -> list[str]:
    if not header:
        return [str(label) for label in metadata]
    if len(header) != len(metadata[0]):
        raise AssertionError("len of header must be equal to the number of columns in metadata")
    return ["\t".join(str(part) for part in row) for row in [header, *metadata]]


def _sprite(pictures: Any) -> Any:
    """Pictures (N, C, H, W) in rows from the top of a square."""
    from PIL import Image

    if pictures.shape[1] == 1:
        pictures = np.repeat(pictures, 3, 1)
    count, _, height, width = pictures.shape
    side = math.ceil(count**0.5)
    size = side * max(height, width)
    square = np.zeros((size, size, 3), np.uint8)
    for at, picture in enumerate(pictures):
        y, x = at // side * height, at % side * width
        square[y : y + height, x : x + width] = (picture.transpose(1, 2, 0) * 255).clip(0, 255).astype(np.uint8)
    return Image.fromarray(square)
