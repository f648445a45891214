"""The ops by which torchvision reads and writes images, which load_library defines by Pillow."""

from io import BytesIO

import ferrotorch as torch
import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

UNCHANGED, GRAY, GRAY_ALPHA, RGB, RGB_ALPHA = range(5)


@pytest.fixture(scope="module")
def ops():
    torch.ops.load_library("/packages/torchvision/image_stable.so")
    return torch.ops.image


@pytest.fixture(scope="module")
def pixels():
    y, x = np.mgrid[0:11, 0:14]
    return np.stack([(y * 20 + x * 3) % 256, (y * 5 + x * 17) % 256, (x * 18) % 256], -1).astype(np.uint8)


def file_of(pixels, format="PNG", **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = BytesIO()
    image.save(file, format, **options)
    return torch.from_numpy(np.frombuffer(file.getvalue(), np.uint8).copy())


def planes(pixels):
    return torch.from_numpy(np.array(pixels if pixels.ndim == 3 else pixels[..., None])).permute(2, 0, 1)


def with_alpha(pixels):
    return np.concatenate([pixels, pixels[..., ::-1][..., :1]], -1)


class TestPng:
    def test_as_it_is(self, ops, pixels):
        for given in (pixels, pixels[..., 0], with_alpha(pixels)):
            assert torch.equal(ops.decode_png(file_of(given), UNCHANGED), planes(given))
        gray_alpha = Image.fromarray(pixels[..., :2], "LA")
        assert torch.equal(ops.decode_image(file_of(gray_alpha), UNCHANGED), planes(pixels[..., :2]))

    def test_channels(self, ops, pixels):
        color = with_alpha(pixels)
        file = file_of(color)
        assert torch.equal(ops.decode_png(file, RGB), planes(pixels))
        gray = ops.decode_png(file, GRAY)
        shares = np.array([0.2989, 0.587, 0.1141])
        assert (gray[0].double() - torch.from_numpy(pixels @ shares)).abs().max() <= 1
        assert torch.equal(ops.decode_png(file, GRAY_ALPHA), torch.cat([gray, planes(color)[3:]]))
        opaque = ops.decode_png(file_of(pixels), RGB_ALPHA)
        assert torch.equal(opaque[:3], planes(pixels)) and (opaque[3] == 255).all()
        spread = ops.decode_png(file_of(pixels[..., 0]), RGB)
        assert all(torch.equal(plane, planes(pixels)[0]) for plane in spread)

    def test_gray_of_a_color_as_libpng_rounds_it(self, ops):
        color = np.array([[[10, 20, 30], [255, 255, 255], [200, 1, 77]]], np.uint8)
        assert ops.decode_png(file_of(color), GRAY).flatten().tolist() == [18, 255, 69]

    def test_palettes(self, ops, pixels):
        image = Image.fromarray(pixels).quantize(9)
        assert torch.equal(ops.decode_png(file_of(image), UNCHANGED), planes(np.asarray(image)))
        assert torch.equal(ops.decode_png(file_of(image), RGB), planes(np.asarray(image.convert("RGB"))))
        clear = ops.decode_png(file_of(image, transparency=3), RGB_ALPHA)[3]
        assert torch.equal(clear == 0, torch.from_numpy(np.array(image) == 3))

    def test_sixteen_bits(self, ops, pixels):
        wide = pixels[..., 0].astype(np.uint16) * 257 + 3
        read = ops.decode_png(file_of(wide), UNCHANGED)
        assert read.dtype == torch.uint16 and np.array_equal(read[0].numpy(), wide)

    @pytest.mark.parametrize("level", [0, 6, 9])
    def test_written(self, ops, pixels, level):
        for given in (pixels, pixels[..., :1]):
            file = ops.encode_png(planes(given), level)
            assert file.dtype == torch.uint8 and torch.equal(ops.decode_png(file, UNCHANGED), planes(given))


class TestJpeg:
    def test_colors(self, ops, pixels):
        file = file_of(pixels, "JPEG", quality=95)
        expected = np.asarray(Image.open(BytesIO(file.numpy().tobytes())))
        assert torch.equal(ops.decode_jpeg(file, UNCHANGED), planes(expected))
        assert torch.equal(ops.decode_image(file, RGB), planes(expected))

    def test_gray_is_the_brightness_of_the_file(self, ops, pixels):
        file = file_of(pixels, "JPEG")
        image = Image.open(BytesIO(file.numpy().tobytes()))
        image.draft("YCbCr", image.size)
        assert torch.equal(ops.decode_jpeg(file, GRAY), planes(np.asarray(image.convert("YCbCr"))[..., :1]))

    def test_four_inks(self, ops, pixels):
        file = file_of(Image.fromarray(pixels).convert("CMYK"), "JPEG", quality=100)
        assert ops.decode_jpeg(file, UNCHANGED).size(0) == 4
        difference = ops.decode_jpeg(file, RGB).int() - planes(pixels).int()
        assert difference.abs().max() < 30 and difference.abs().double().mean() < 3

    @pytest.mark.parametrize("quality", [10, 75, 100])
    def test_written(self, ops, pixels, quality):
        file = ops.encode_jpeg(planes(pixels), quality)
        assert torch.equal(file, file_of(pixels, "JPEG", quality=quality))

    def test_orientation(self, ops, pixels):
        exif = Image.Exif()
        exif[0x112] = 6  # to be turned by 90 degrees clockwise
        file = file_of(pixels, "JPEG", exif=exif)
        lying, upright = ops.decode_jpeg(file, RGB), ops.decode_jpeg(file, RGB, True)
        assert torch.equal(upright, lying.mT.flip(2))

    def test_modes_that_it_has_not(self, ops, pixels):
        with pytest.raises(RuntimeError, match="The provided mode is not supported for JPEG files"):
            ops.decode_jpeg(file_of(pixels, "JPEG"), RGB_ALPHA)


def test_gif_and_webp(ops, pixels):
    first, second = (Image.fromarray(p).quantize(8) for p in (pixels, pixels[::-1]))
    one = ops.decode_gif(file_of(first, "GIF"))
    assert torch.equal(one, planes(np.asarray(first.convert("RGB"))))
    both = ops.decode_image(file_of(first, "GIF", save_all=True, append_images=[second]), UNCHANGED)
    assert both.shape == (2, 3, 11, 14) and torch.equal(both[0], one)
    webp = file_of(pixels, "WEBP", lossless=True)
    assert torch.equal(ops.decode_webp(webp, UNCHANGED), planes(pixels))
    assert (ops.decode_image(webp, RGB_ALPHA)[3] == 255).all()


def test_files(ops, tmp_path):
    data = torch.arange(9, dtype=torch.uint8)
    ops.write_file(str(tmp_path / "a.bin"), data)
    assert torch.equal(ops.read_file(str(tmp_path / "a.bin")), data)
    with pytest.raises(RuntimeError, match=r"\[Errno 2\] No such file or directory: .*none"):
        ops.read_file(str(tmp_path / "none"))
    with pytest.raises(RuntimeError, match="Error opening output file"):
        ops.write_file(str(tmp_path / "no" / "a.bin"), data)
    with pytest.raises(RuntimeError, match="dtype should be uint8"):
        ops.write_file(str(tmp_path / "a.bin"), data.float())


def test_what_is_no_image(ops, pixels):
    with pytest.raises(RuntimeError, match="Unsupported image file"):
        ops.decode_image(file_of(pixels, "BMP"), UNCHANGED)
    with pytest.raises(RuntimeError, match="Content is not png"):
        ops.decode_png(file_of(pixels, "JPEG"), UNCHANGED)
    with pytest.raises(RuntimeError, match="Not a JPEG file: starts with 0x89 0x50"):
        ops.decode_jpeg(file_of(pixels), UNCHANGED)
    for file in (file_of(pixels), file_of(pixels, "JPEG")):
        with pytest.raises(RuntimeError, match="incomplete or corrupted"):
            ops.decode_image(file[: len(file) * 3 // 4], UNCHANGED)
    with pytest.raises(RuntimeError, match="non empty 1-dimensional"):
        ops.decode_image(file_of(pixels)[:0], UNCHANGED)
    with pytest.raises(RuntimeError, match=r"torch\.uint8"):
        ops.decode_image(torch.zeros(9), UNCHANGED)


def test_what_is_not_written(ops, pixels):
    for op, option in ((ops.encode_png, 6), (ops.encode_jpeg, 75)):
        with pytest.raises(RuntimeError, match="dtype should be uint8"):
            op(planes(pixels).float(), option)
        with pytest.raises(RuntimeError, match="3-dimensional"):
            op(planes(pixels)[0], option)
        with pytest.raises(RuntimeError, match="channels should be 1 or 3, got: 2"):
            op(planes(pixels)[:2], option)
        with pytest.raises(RuntimeError, match="has no pixels"):
            op(planes(pixels)[:, :0], option)
    with pytest.raises(RuntimeError, match="between 0 and 9"):
        ops.encode_png(planes(pixels), 10)
