"""Options of the compiler, which is not here; they keep what they are set to."""

from typing import Any

from ferrotorch._config_module import patching

job_id: str | None = None
dynamic_sources = ""
patch: Any = patching(globals())
