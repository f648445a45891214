"""Compiled modules, which run as they are."""

from ferrotorch._compile import OptimizedModule
from ferrotorch._dynamo import disable, explain, export, is_dynamo_supported, optimize, run

__all__ = ["OptimizedModule", "disable", "explain", "export", "is_dynamo_supported", "optimize", "run"]
