"""Boxes that overlap."""

from __future__ import annotations

import ferrotorch as torch

Tensor = torch.Tensor


def nms(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Indices of the boxes that no better box overlaps by more than a threshold, the best first.

    Args:
        dets: (N, 4), two corners of each box.
        scores: (N,).
        iou_threshold: the largest intersection over union.

    Raises:
        RuntimeError: other shapes.
    """
    _check_boxes(dets, scores)
    order = scores.argsort(descending=True, stable=True)
    x1, y1, x2, y2 = dets[order].float().unbind(1) if dets.dtype == torch.float16 else dets[order].unbind(1)
    areas = (x2 - x1) * (y2 - y1)
    alive = torch.ones(len(order), dtype=torch.bool, device=dets.device)
    kept = []
    for at in range(len(order)):
        if not alive[at]:
            continue
        kept.append(at)
        rest = slice(at + 1, None)
        width = (torch.minimum(x2[at], x2[rest]) - torch.maximum(x1[at], x1[rest])).clamp_(min=0)
        height = (torch.minimum(y2[at], y2[rest]) - torch.maximum(y1[at], y1[rest])).clamp_(min=0)
        shared = width * height
        alive[rest] &= ~(shared / (areas[at] + areas[rest] - shared) > iou_threshold)
    return order[torch.tensor(kept, dtype=torch.int64, device=dets.device)]


def qnms(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """:func:`nms` of quantized boxes, by their integers: neither scale nor zero point changes what overlaps."""
    return nms(dets.float(), scores, iou_threshold)


def _check_boxes(dets: Tensor, scores: Tensor) -> None:
    if dets.dim() != 2:
        raise RuntimeError(f"boxes should be a 2d tensor, got {dets.dim()}D")
    if dets.size(1) != 4:
        raise RuntimeError(f"boxes should have 4 elements in dimension 1, got {dets.size(1)}")
    if scores.dim() != 1:
        raise RuntimeError(f"scores should be a 1d tensor, got {scores.dim()}D")
    if dets.size(0) != scores.size(0):
        raise RuntimeError(
            "boxes and scores should have same number of elements in dimension 0, got "
            f"{dets.size(0)} and {scores.size(0)}"
        )


def box_iou_rotated(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Intersection over union of boxes (N, 5) and (M, 5): centre, size and angle in degrees, counterclockwise.

    The intersection of two rectangles is convex; its corners are those of either within the other, and where sides
    cross. Its area is that of the polygon through them in the order of their angles.
    """
    first, second = torch.broadcast_tensors(_corners(boxes1)[:, None], _corners(boxes2)[None])
    points = torch.cat([first, second, _crossings(first, second)[0]], -2)
    is_corner = torch.cat([_within(first, second), _within(second, first), _crossings(first, second)[1]], -1)
    area1, area2 = boxes1[:, None, 2] * boxes1[:, None, 3], boxes2[None, :, 2] * boxes2[None, :, 3]
    shared = _polygon_area(points, is_corner)
    return shared / (area1 + area2 - shared)


def _corners(boxes: Tensor) -> Tensor:
    """(N, 4, 2), in order around the box."""
    centre, size, angle = boxes[:, None, :2], boxes[:, 2:4] / 2, torch.deg2rad(boxes[:, 4])
    along = torch.stack([angle.cos(), -angle.sin()], -1) * size[:, :1]
    across = torch.stack([angle.sin(), angle.cos()], -1) * size[:, 1:]
    return centre + torch.stack([along + across, -along + across, -along - across, along - across], 1)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _within(points: Tensor, box: Tensor) -> Tensor:
    """Which of the points (..., 4, 2) lie in a box given by its corners (..., 4, 2)."""
    origin, along, across = box[..., :1, :], box[..., 1:2, :] - box[..., :1, :], box[..., 3:, :] - box[..., :1, :]
    at = points - origin
    by_along, by_across = (at * along).sum(-1), (at * across).sum(-1)
    eps = 1e-5
    return (
        (by_along >= -eps)
        & (by_along <= (along * along).sum(-1) + eps)
        & (by_across >= -eps)
        & (by_across <= (across * across).sum(-1) + eps)
    )


def _crossings(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Where the sixteen pairs of sides cross, (..., 16, 2), and whether they do."""
    start1, start2 = first[..., :, None, :], second[..., None, :, :]
    side1, side2 = start1.roll(-1, -3) - start1, start2.roll(-1, -2) - start2
    bent = _cross(side1, side2)
    safe = torch.where(bent.abs() <= 1e-14, torch.ones_like(bent), bent)
    between = start2 - start1
    t, u = _cross(between, side2) / safe, _cross(between, side1) / safe
    crosses = (bent.abs() > 1e-14) & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    return (start1 + side1 * t.unsqueeze(-1)).flatten(-3, -2), crosses.flatten(-2)


def _polygon_area(points: Tensor, is_corner: Tensor) -> Tensor:
    """The area of the convex polygon through those of the points (..., K, 2) that are corners."""
    count = is_corner.sum(-1)
    weights = is_corner.unsqueeze(-1).to(points.dtype)
    centre = (points * weights).sum(-2, keepdim=True) / count.clamp(min=1)[..., None, None]
    # What is no corner takes the place of a corner, and adds nothing to the area.
    some = points.gather(-2, is_corner.int().argmax(-1)[..., None, None].expand(*count.shape, 1, 2))
    placed = torch.where(is_corner.unsqueeze(-1), points, some) - centre
    order = torch.atan2(placed[..., 1], placed[..., 0]).argsort(-1)
    around = placed.gather(-2, order.unsqueeze(-1).expand_as(placed))
    area = _cross(around, around.roll(-1, -2)).sum(-1).abs() / 2
    return torch.where(count > 2, area, torch.zeros_like(area))
