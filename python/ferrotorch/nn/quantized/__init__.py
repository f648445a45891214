"""The older place of :mod:`ferrotorch.ao.nn.quantized`."""

from ferrotorch.ao.nn.quantized import *  # noqa: F403
from ferrotorch.ao.nn.quantized import __all__ as __all__
