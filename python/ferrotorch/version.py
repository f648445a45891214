"""The version of the package, and of what it is built with: nothing that PyTorch names here."""

#: The version of this library, whatever name it goes by.
ferrotorch: str = "0.1.0"
__version__ = ferrotorch
debug: bool = False
git_version: str = "unknown"
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
