"""The older place of :mod:`ferrotorch.ao.nn.intrinsic.quantized`."""

from ferrotorch.ao.nn.intrinsic.quantized import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.quantized import __all__ as __all__
