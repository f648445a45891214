"""Errors of the compiler, which programs catch. None is raised here."""

__all__ = ["BackendCompilerFailed", "InternalTorchDynamoError", "TorchDynamoException", "Unsupported"]


class TorchDynamoException(RuntimeError):
    """An error of the compiler."""


class InternalTorchDynamoError(TorchDynamoException):
    """A fault of the compiler itself."""


class Unsupported(TorchDynamoException):
    """What cannot be compiled."""


class BackendCompilerFailed(TorchDynamoException):
    """An error of what the compiler hands graphs to."""
