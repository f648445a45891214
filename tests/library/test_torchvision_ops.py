"""The compiled ops of torchvision, which load_library defines by ops of the library."""

import math

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F

T = torch.tensor


@pytest.fixture(scope="module")
def vision():
    torch.ops.load_library("/packages/torchvision/_C_stable.so")
    return torch.ops.torchvision


def test_libraries_that_are_not_known() -> None:
    with pytest.raises(OSError, match=r"Could not load this library: .*_C\.so"):
        torch.ops.load_library("/packages/other/_C.so")
    torch.ops.load_library("/packages/torchvision/_C.so")
    assert "/packages/torchvision/_C.so" in torch.ops.loaded_libraries


class TestBoxes:
    def overlap(self, a, b):
        width, height = (max(0.0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return width * height / (sum(areas) - width * height)

    @pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7])
    def test_suppression(self, vision, threshold):
        torch.manual_seed(0)
        boxes = torch.rand(30, 4, dtype=torch.float64) * 10
        boxes[:, 2:] += boxes[:, :2]
        scores = torch.rand(30)
        kept: list[int] = []
        for at in scores.argsort(descending=True).tolist():
            if all(self.overlap(boxes[at].tolist(), boxes[other].tolist()) <= threshold for other in kept):
                kept.append(at)
        assert 1 < len(kept) < 30
        assert vision.nms(boxes, scores, threshold).tolist() == kept
        assert vision.qnms((boxes * 10).int(), scores, 1.0).tolist() == scores.argsort(descending=True).tolist()

    def test_none_and_wrong_shapes(self, vision):
        assert vision.nms(torch.empty(0, 4), torch.empty(0), 0.5).shape == (0,)
        with pytest.raises(RuntimeError, match="boxes should have 4 elements in dimension 1, got 5"):
            vision.nms(torch.ones(2, 5), torch.ones(2), 0.5)
        with pytest.raises(RuntimeError, match="same number of elements in dimension 0, got 2 and 3"):
            vision.nms(torch.ones(2, 4), torch.ones(3), 0.5)

    def test_rotated_boxes(self, vision):
        box = T([[5.0, 5.0, 4.0, 2.0, 0.0]], dtype=torch.float64)
        turned = box.clone()
        turned[0, 4] = 90
        cross = T([[5.0, 5.0, 4.0, 2.0, 45.0], [8.0, 5.0, 4.0, 2.0, 0.0], [50.0, 5.0, 4.0, 2.0, 7.0]]).double()
        assert vision.box_iou_rotated(box, box).item() == pytest.approx(1)
        assert vision.box_iou_rotated(box, turned).item() == pytest.approx(4 / 12)
        shared = vision.box_iou_rotated(box, cross)
        assert shared[0, 1:].tolist() == pytest.approx([2 / 14, 0])
        # A strip of width 2 crossed at 45 degrees by another is a rhombus of area 4 sqrt(2), where both are long.
        long = T([[0.0, 0.0, 40.0, 2.0, 0.0], [0.0, 0.0, 40.0, 2.0, 45.0]]).double()
        rhombus = 4 * math.sqrt(2)
        assert vision.box_iou_rotated(long[:1], long[1:]).item() == pytest.approx(rhombus / (160 - rhombus))


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.randn(2, 8, 6, 7, dtype=torch.float64, requires_grad=True)


REGIONS = [[0, 1.2, 0.3, 5.7, 4.1], [1, -2.0, -1.0, 3.2, 9.0], [0, 2.0, 2.0, 2.2, 2.1]]


@pytest.fixture
def rois():
    return T(REGIONS, dtype=torch.float64)


class TestRegions:
    def sample(self, image, y, x):
        height, width = image.shape
        if y < -1 or y > height or x < -1 or x > width:
            return 0.0
        y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
        top, left = int(y), int(x)
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        upper = image[top, left] * (1 - x + left) + image[top, right] * (x - left)
        lower = image[bottom, left] * (1 - x + left) + image[bottom, right] * (x - left)
        return (upper * (1 - y + top) + lower * (y - top)).item()

    @pytest.mark.parametrize("aligned", [False, True])
    @pytest.mark.parametrize("ratio", [-1, 2])
    def test_averages_of_samples(self, vision, images, rois, aligned, ratio):
        found = vision.roi_align(images, rois, 0.8, 2, 3, ratio, aligned)
        assert found.shape == (3, 8, 2, 3)
        shift = 0.5 if aligned else 0.0
        for region, (image, *corners) in enumerate(REGIONS):
            left, top, right, bottom = (corner * 0.8 - shift for corner in corners)
            least = 0.0 if aligned else 1.0
            height, width = max(bottom - top, least), max(right - left, least)
            rows, columns = (ratio, ratio) if ratio > 0 else (math.ceil(height / 2), math.ceil(width / 3))
            expected = [
                self.sample(
                    images[image, 3], top + height / 2 * (1 + (i + 0.5) / rows), left + width / 3 * (j + 0.5) / columns
                )
                for i in range(rows)
                for j in range(columns)
            ]
            assert found[region, 3, 1, 0].item() == pytest.approx(sum(expected) / len(expected))

    def test_maxima(self, vision, images, rois):
        whole = T([[1.0, 0.0, 0.0, 6.0, 5.0]], dtype=torch.float64)
        found, places = vision.roi_pool(images, whole, 1.0, 2, 1)
        assert torch.equal(found, F.adaptive_max_pool2d(images[1:], (2, 1)))
        assert torch.equal(images[1].flatten(1).gather(1, places[0].flatten(1).long()), found[0].flatten(1))
        outside = T([[0.0, 40.0, 40.0, 50.0, 50.0]], dtype=torch.float64)
        found, places = vision.roi_pool(images, outside, 1.0, 2, 2)
        assert found.abs().sum() == 0 and places.unique().tolist() == [-1]

    def test_bins_have_channels_of_their_own(self, vision, images, rois):
        found, channels = vision.ps_roi_align(images, rois, 1.0, 2, 2, 2)
        assert found.shape == (3, 2, 2, 2) and channels[0].flatten().tolist() == list(range(8))
        every = vision.roi_align(images, rois, 1.0, 2, 2, 2, True)
        assert found[1, 1, 0, 1] == every[1, 5, 0, 1]
        whole = T([[1.0, 0.0, 0.0, 6.0, 5.0]], dtype=torch.float64)
        found, _ = vision.ps_roi_pool(images, whole, 1.0, 1, 2)
        # Six columns in two bins; the last row and the last column are in no bin.
        torch.testing.assert_close(found[0, :, 0, 0], images[1, ::2, :5, :3].mean((1, 2)))
        torch.testing.assert_close(found[0, :, 0, 1], images[1, 1::2, :5, 3:6].mean((1, 2)))
        with pytest.raises(RuntimeError, match="multiple of pooling height"):
            vision.ps_roi_pool(images, rois, 1.0, 3, 3)

    @pytest.mark.parametrize("name", ["roi_align", "ps_roi_align", "roi_pool"])
    def test_backward_ops_are_the_derivatives(self, vision, images, rois, name):
        rest = {"roi_align": (2, True), "ps_roi_align": (2,), "roi_pool": ()}[name]
        result = getattr(vision, name)(images, rois, 0.8, 2, 2, *rest)
        y, extra = (result, ()) if name == "roi_align" else (result[0], result[1:])
        grad = torch.randn_like(y)
        expected = torch.autograd.grad(y, images, grad)[0]
        sizes = tuple(images.shape)
        args = (*extra, 0.8, 2, 2, 2, *sizes) if name == "ps_roi_align" else (*extra, 0.8, 2, 2, *sizes, *rest)
        torch.testing.assert_close(getattr(vision, f"_{name}_backward")(grad, rois, *args), expected)

    def test_no_regions(self, vision, images):
        none = torch.empty(0, 5, dtype=torch.float64)
        assert vision.roi_align(images, none, 1.0, 2, 3, -1, False).shape == (0, 8, 2, 3)
        grad = torch.empty(0, 8, 2, 3, dtype=torch.float64)
        assert vision._roi_align_backward(grad, none, 1.0, 2, 3, 2, 8, 6, 7, -1, False).abs().sum() == 0
        with pytest.raises(RuntimeError, match="same type as tensor for rois"):
            vision.roi_align(images, none.float(), 1.0, 2, 3, -1, False)

    def test_quantized(self, vision, images, rois):
        whole, corners = (images * 10).detach().round().int(), (rois * 8).round().int()
        found = vision.qroi_align(whole, corners, 0.1, 0, 0.125, 0, 1.0, 2, 2, 2, True)
        expected = vision.roi_align(whole * 0.1, corners * 0.125, 1.0, 2, 2, 2, True)
        assert found.dtype is torch.int32 and (found - expected * 10).abs().max() <= 0.5 + 1e-5


class TestDeformableConvolution:
    def inputs(self):
        torch.manual_seed(0)
        shapes = ((2, 4, 5, 6), (6, 2, 3, 2), (2, 2 * 2 * 6, 3, 4), (2, 2 * 6, 3, 4), (6,))
        return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]

    REST = (2, 2, 1, 2, 1, 2, 2, 2)

    def test_without_offsets_it_is_a_convolution(self, vision):
        x, weight, offset, mask, bias = self.inputs()
        expected = F.conv2d(x, weight, bias, 2, (1, 2), (1, 2), 2)
        assert expected.shape[-2:] == offset.shape[-2:]
        none = torch.zeros_like(offset)
        torch.testing.assert_close(vision.deform_conv2d(x, weight, none, mask, bias, *self.REST, False), expected)
        half = torch.full_like(mask, 0.5)
        masked = vision.deform_conv2d(x, weight, none, half, torch.zeros(6).double(), *self.REST, True)
        torch.testing.assert_close(masked * 2 + bias.view(-1, 1, 1), expected)

    def test_offsets_move_the_taps(self, vision):
        x = torch.arange(30.0).view(1, 1, 5, 6)
        offset = torch.zeros(1, 2, 5, 6)
        offset[:, 0], offset[:, 1] = 1, 0.5
        moved = vision.deform_conv2d(
            x, torch.ones(1, 1, 1, 1), offset, torch.zeros(1, 0), torch.zeros(1), 1, 1, 0, 0, 1, 1, 1, 1, False
        )
        torch.testing.assert_close(moved[0, 0, :4, :5], x[0, 0, 1:, :5] + 0.5)
        assert moved[0, 0, 4].abs().sum() == 0 and moved[0, 0, 0, 5] == x[0, 0, 1, 5] / 2

    def test_derivatives(self, vision):
        inputs = self.inputs()
        call = lambda *args: vision.deform_conv2d(*args, *self.REST, True)  # noqa: E731
        assert torch.autograd.gradcheck(call, inputs, fast_mode=True)
        y = call(*inputs)
        grad = torch.randn_like(y)
        expected = torch.autograd.grad(y, inputs, grad)
        torch.testing.assert_close(vision._deform_conv2d_backward(grad, *inputs, *self.REST, True), expected)

    def test_shapes_that_do_not_go_together(self, vision):
        x, weight, offset, mask, bias = self.inputs()
        with pytest.raises(RuntimeError, match=r"offset.shape\[1\] is not valid: got: 22 expected: 24"):
            vision.deform_conv2d(x, weight, offset[:, :22], mask, bias, *self.REST, True)
        with pytest.raises(RuntimeError, match=r"mask.shape\[1\] is not valid: got: 3 expected: 12"):
            vision.deform_conv2d(x, weight, offset, mask[:, :3], bias, *self.REST, True)
