"""Affine and bilinear maps."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors

linear = _nn.linear


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y[..., o] = input1[..., i] * weight[o, i, j] * input2[..., j] + bias[o]``, summed over i and j.

    Shapes: (*, I), (*, J), (O, I, J), (O); the result is (*, O).

    Raises:
        RuntimeError: sizes that do not agree.
    """
    require_tensors("bilinear", input1=input1, input2=input2, weight=weight)
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    if input1.dim() == 0 or weight.dim() == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if weight.dim() != 3:
        raise RuntimeError(f"bilinear(): weight must have 3 dimensions, got shape {list(weight.shape)}")
    if bias is not None and bias.size(0) != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.size(0)} but expected {weight.shape[0]}"
        )
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear(): input batch dimensions do not match: "
            f"input1 has shape {list(input1.shape)}, input2 {list(input2.shape)}"
        )
    out_features, in1_features, in2_features = weight.shape
    if input1.shape[-1] != in1_features or input2.shape[-1] != in2_features:
        raise RuntimeError(
            f"bilinear(): weight of shape {list(weight.shape)} expects {in1_features} and {in2_features} features, "
            f"but input1 has shape {list(input1.shape)}, input2 {list(input2.shape)}"
        )
    left = input1.reshape(-1, in1_features)
    right = input2.reshape(-1, in2_features)
    # (B, I) @ (I, O * J) keeps the largest intermediate at B * O * J.
    projected = (left @ weight.permute(1, 0, 2).reshape(in1_features, -1)).reshape(-1, out_features, in2_features)
    result = torch.matmul(projected, right.unsqueeze(-1)).squeeze(-1)
    result = result.reshape(*input1.shape[:-1], out_features)
    return result if bias is None else result + bias
