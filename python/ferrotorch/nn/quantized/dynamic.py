"""The older place of :mod:`ferrotorch.ao.nn.quantized.dynamic`."""

from ferrotorch.ao.nn.quantized.dynamic import *  # noqa: F403
from ferrotorch.ao.nn.quantized.dynamic import __all__ as __all__
