"""Neural networks: modules with parameters, built from the functions of :mod:`ferrotorch.nn.functional`."""

from ferrotorch.nn import functional, init, modules, parameter, utils
from ferrotorch.nn.modules import *  # noqa: F403
from ferrotorch.nn.modules import __all__ as _layers
from ferrotorch.nn.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter", "functional", "init", "modules", "parameter", "utils", *_layers]
