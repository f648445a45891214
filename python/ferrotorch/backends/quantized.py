"""Kernels for quantized tensors: there is one set, whatever its name; its numbers are those of FBGEMM."""

from __future__ import annotations

supported_engines: list[str] = ["qnnpack", "onednn", "x86", "fbgemm"]
engine = "x86"
