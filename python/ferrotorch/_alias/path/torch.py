"""Stands in for PyTorch on the path of a worker process, until the hook of its parent is installed there."""

import sys

import ferrotorch
from ferrotorch._alias import finder

finder.install()
sys.modules[__name__] = ferrotorch
