"""Quantized tensors: small integers that stand for numbers by a scale and a zero point, ``(q - zero_point) * scale``.

They are opaque tensors (`ferrotorch._opaque`) around a strided tensor of integers. What can be done to the integers as
they are (views, copies, order, pools of maxima) is done to them; other ops compute in floating point and round again.
"""
