"""The older place of :mod:`ferrotorch.ao.nn.qat`."""

from ferrotorch.ao.nn.qat import *  # noqa: F403
from ferrotorch.ao.nn.qat import __all__ as __all__
