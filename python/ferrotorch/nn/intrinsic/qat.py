"""The older place of :mod:`ferrotorch.ao.nn.intrinsic.qat`."""

from ferrotorch.ao.nn.intrinsic.qat import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.qat import __all__ as __all__
