"""How long groups of processes wait by default."""

from ferrotorch.distributed import default_pg_timeout

__all__ = ["default_pg_timeout"]
