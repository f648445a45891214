"""Kernels for quantized tensors: there are none here."""

from __future__ import annotations

supported_engines: list[str] = []
engine = "none"
