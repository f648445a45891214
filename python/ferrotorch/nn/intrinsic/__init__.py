"""The older place of :mod:`ferrotorch.ao.nn.intrinsic`."""

from ferrotorch.ao.nn.intrinsic import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic import __all__ as __all__
