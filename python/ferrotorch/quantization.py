"""The older place of :mod:`ferrotorch.ao.quantization`."""

from ferrotorch.ao.quantization import *  # noqa: F403
from ferrotorch.ao.quantization import __all__ as __all__
