"""Functions of functions: branches, loops and scans, which run the functions as the Python that they are."""

from ferrotorch._control import cond, while_loop
from ferrotorch._higher_order_ops.associative_scan import associative_scan
from ferrotorch._higher_order_ops.map import map
from ferrotorch._higher_order_ops.out_dtype import out_dtype
from ferrotorch._higher_order_ops.scan import scan

__all__ = ["associative_scan", "cond", "map", "out_dtype", "scan", "while_loop"]
