"""The compiled ops of torchvision that read and write images, by Pillow, which torchvision needs anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

import ferrotorch as torch
from ferrotorch import Tensor
from ferrotorch.library import Library

__all__: list[str] = []

# torchvision's ImageReadMode.
UNCHANGED, GRAY, GRAY_ALPHA, RGB, RGB_ALPHA = range(5)
_CHANNELS = {GRAY: 1, GRAY_ALPHA: 2, RGB: 3, RGB_ALPHA: 4}
# Where a PNG file says how many bits a channel has.
_DEPTH_OF_PNG = 24
# The shares of red, green and blue in gray, what is added to their sum, and the digits that are cut off.
_GRAY_OF_LIBPNG = (9794, 19234, 3740, 0, 15)
_GRAY_OF_LIBJPEG = (19595, 38470, 7471, 1 << 15, 16)

_UNSUPPORTED = (
    "Unsupported image file. Only jpeg, png, webp and gif are currently supported. For avif and heic format, please "
    "rely on `decode_avif` and `decode_heic` directly."
)


def read_file(filename: str) -> Tensor:
    """The bytes of a file."""
    try:
        data = Path(filename).read_bytes()
    except OSError as error:
        raise RuntimeError(f"[Errno {error.errno}] {error.strerror}: {filename!r}") from error
    return torch.from_numpy(np.frombuffer(data, np.uint8).copy())


def write_file(filename: str, data: Tensor) -> None:
    """Make a file of bytes."""
    _require_bytes(data, 1)
    try:
        Path(filename).write_bytes(data.cpu().numpy().tobytes())
    except OSError as error:
        raise RuntimeError(f"Error opening output file {filename!r}: {error.strerror}") from error


def decode_image(data: Tensor, mode: int, apply_exif_orientation: bool = False) -> Tensor:
    """An image in one of four formats: (channels, height, width), of several in a GIF (images, 3, height, width)."""
    start = _bytes_of(data)[:12]
    if start[:3] == b"\xff\xd8\xff":
        return decode_jpeg(data, mode, apply_exif_orientation)
    if start[:4] == b"\x89PNG":
        return decode_png(data, mode, apply_exif_orientation)
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return decode_gif(data)
    if start[:4] == b"RIFF" and start[8:] == b"WEBP":
        return decode_webp(data, mode)
    raise RuntimeError(_UNSUPPORTED)


def decode_png(data: Tensor, mode: int, apply_exif_orientation: bool = False) -> Tensor:
    """Bytes or, of files with 16 bits a channel, uint16: (channels, height, width)."""
    content = _bytes_of(data)
    if content[:4] != b"\x89PNG":
        raise RuntimeError("Content is not png!")
    with _opened("decode_png", content) as image:
        if content[_DEPTH_OF_PNG] == 16 and image.mode in ("LA", "RGB", "RGBA"):
            raise RuntimeError("decode_png: colors of 16 bits cannot be read here, for Pillow cuts them to 8")
        if image.mode == "P" and mode != UNCHANGED:
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        elif image.mode == "1":
            image = image.convert("L")
        pixels = _upright(image, apply_exif_orientation)
    return _image(pixels if mode == UNCHANGED else _in_channels(pixels, _CHANNELS[mode]))


def decode_jpeg(data: Tensor, mode: int, apply_exif_orientation: bool = False) -> Tensor:
    """Bytes (channels, height, width); gray is the brightness that the file holds."""
    content = _bytes_of(data)
    if content[:2] != b"\xff\xd8":
        raise RuntimeError("Not a JPEG file: starts with " + " ".join(f"0x{byte:02x}" for byte in content[:2]))
    with _opened("decode_jpeg", content) as image:
        if mode not in (UNCHANGED, GRAY, RGB):
            raise RuntimeError("The provided mode is not supported for JPEG files")
        if mode == GRAY and image.mode == "RGB":
            image.draft("L", image.size)  # the brightness itself, which the file holds
        is_of_inks = image.mode == "CMYK"
        pixels = _upright(image, apply_exif_orientation)
    if is_of_inks:
        pixels = 255 - pixels  # as the file has it
        pixels = pixels if mode == UNCHANGED else _without_inks(pixels)
    return _image(pixels if mode == UNCHANGED else _in_channels(pixels, _CHANNELS[mode], _GRAY_OF_LIBJPEG))


def decode_webp(data: Tensor, mode: int) -> Tensor:
    """Bytes (channels, height, width); modes that are neither RGB nor RGB_ALPHA leave the image as it is."""
    with _opened("decode_webp", _bytes_of(data)) as image:
        pixels = _upright(image, False)
    return _image(_in_channels(pixels, _CHANNELS[mode]) if mode in (RGB, RGB_ALPHA) else pixels)


def decode_gif(data: Tensor) -> Tensor:
    """An image, or of an animation all of them, in RGB."""
    from PIL import ImageSequence

    with _opened("decode_gif", _bytes_of(data)) as image:
        frames = [_image(np.asarray(frame.convert("RGB"))) for frame in ImageSequence.Iterator(image)]
    return (
        frames[0] if len(frames) == 1 else torch.stack([frame.permute(1, 2, 0) for frame in frames]).permute(0, 3, 1, 2)
    )


def encode_png(data: Tensor, compression_level: int) -> Tensor:
    """The bytes of a file of bytes (1 or 3, height, width)."""
    if not 0 <= compression_level <= 9:
        raise RuntimeError("Compression level should be between 0 and 9")
    return _encoded("encode_png", data, "PNG", compress_level=compression_level)


def encode_jpeg(data: Tensor, quality: int) -> Tensor:
    """The bytes of a file of bytes (1 or 3, height, width), of a quality from 1 to 100."""
    return _encoded("encode_jpeg", data, "JPEG", quality=quality)


def _encoded(op: str, data: Tensor, format: str, **options: int) -> Tensor:
    from PIL import Image

    _require_bytes(data, 3)
    channels = data.size(0)
    if channels not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {channels}")
    if data.numel() == 0:
        raise RuntimeError(f"{op}: an image of shape {list(data.shape)} has no pixels")
    pixels = np.ascontiguousarray(data.cpu().numpy().transpose(1, 2, 0))
    file = BytesIO()
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(file, format, **options)
    return torch.from_numpy(np.frombuffer(file.getvalue(), np.uint8).copy())


def _require_bytes(data: Tensor, dims: int) -> None:
    if data.dtype != torch.uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    if data.dim() != dims:
        raise RuntimeError(f"Input data should be a {dims}-dimensional tensor")


def _bytes_of(data: Tensor) -> bytes:
    if data.dtype != torch.uint8:
        raise RuntimeError("Expected a torch.uint8 tensor")
    if data.dim() != 1 or data.numel() == 0:
        raise RuntimeError("Expected a non empty 1-dimensional tensor")
    return data.cpu().numpy().tobytes()


@contextmanager
def _opened(op: str, content: bytes) -> Iterator[Any]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content)) as image:
            yield image
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise RuntimeError(f"{op}: the image is incomplete or corrupted: {error}") from error


def _upright(image: Any, apply_exif_orientation: bool) -> np.ndarray[Any, Any]:
    """The pixels, turned as the file asks where that is wanted: (height, width) or (height, width, channels)."""
    from PIL import ImageOps

    return np.asarray(ImageOps.exif_transpose(image) if apply_exif_orientation else image)


def _image(pixels: np.ndarray[Any, Any]) -> Tensor:
    """Pixels (height, width, channels) as (channels, height, width), in the memory where they are."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)


def _in_channels(
    pixels: np.ndarray[Any, Any], channels: int, rule_of_gray: tuple[int, ...] = _GRAY_OF_LIBPNG
) -> np.ndarray[Any, Any]:
    """Pixels of 1 to 4 channels in so many; without an alpha they are opaque."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    has_alpha = pixels.shape[-1] in (2, 4)
    colors = pixels[..., :-1] if has_alpha else pixels
    if channels < 3 <= colors.shape[-1]:
        *shares, half, digits = rule_of_gray
        gray = (colors @ np.array(shares) + half) >> digits
        colors = gray.astype(pixels.dtype)[..., None]
    if channels >= 3 > colors.shape[-1]:
        colors = np.repeat(colors, 3, axis=-1)
    if channels in (1, 3):
        return colors
    opaque = np.full_like(colors[..., :1], np.iinfo(pixels.dtype).max)
    return np.concatenate([colors, pixels[..., -1:] if has_alpha else opaque], axis=-1)


def _without_inks(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Colors of pixels in the amounts by which cyan, magenta, yellow and black are left out."""
    inks = pixels.astype(np.int64)
    return np.asarray(inks[..., :3] * inks[..., 3:] // 255).astype(np.uint8)


_ORIENTED = "Tensor data, int mode, bool apply_exif_orientation=False"

_OPS: dict[str, Callable[..., Any]] = {
    "read_file(str filename) -> Tensor": read_file,
    "write_file(str filename, Tensor data) -> ()": write_file,
    f"decode_image({_ORIENTED}) -> Tensor": decode_image,
    f"decode_png({_ORIENTED}) -> Tensor": decode_png,
    f"decode_jpeg({_ORIENTED}) -> Tensor": decode_jpeg,
    "decode_webp(Tensor data, int mode) -> Tensor": decode_webp,
    "decode_gif(Tensor data) -> Tensor": decode_gif,
    "encode_png(Tensor data, int compression_level) -> Tensor": encode_png,
    "encode_jpeg(Tensor data, int quality) -> Tensor": encode_jpeg,
}

_library = Library("image", "DEF")
for _schema, _kernel in _OPS.items():
    _library.define(_schema)
    _library.impl(_schema.partition("(")[0], _kernel)
