"""Batches from lists of samples."""

import re

from ferrotorch.utils.data._collate import _floats as collate_float_fn
from ferrotorch.utils.data._collate import _integers as collate_int_fn
from ferrotorch.utils.data._collate import _stack as collate_tensor_fn
from ferrotorch.utils.data._collate import _texts as collate_str_fn
from ferrotorch.utils.data._collate import collate, default_collate, default_collate_fn_map, default_convert

__all__ = [
    "collate",
    "collate_float_fn",
    "collate_int_fn",
    "collate_str_fn",
    "collate_tensor_fn",
    "default_collate",
    "default_collate_err_msg_format",
    "default_collate_fn_map",
    "default_convert",
    "np_str_obj_array_pattern",
]

# The dtypes of NumPy's arrays that no tensor can have: texts and objects.
np_str_obj_array_pattern = re.compile(r"[SaUO]")
default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)
