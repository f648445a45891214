"""The older name of :mod:`ferrotorch.distributed.run`: ``python -m ferrotorch.distributed.launch script.py``."""

from __future__ import annotations

from ferrotorch.distributed.run import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
