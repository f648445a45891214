"""The version of the package, and of what it is built with: nothing that PyTorch names here."""

__version__ = "0.1.0"
debug: bool = False
git_version: str = "unknown"
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
