"""Programs of TorchScript: what ``torch.jit.save`` of PyTorch wrote is read, checked and run as Python."""

from ferrotorch.jit._programs._loading import load_program

__all__ = ["load_program"]
