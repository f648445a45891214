"""What a dispatch mode sees of calls: the ops of ``aten`` with their arguments, as text."""

from importlib import import_module
from typing import Any

import numpy as np

SETUP = """
def r(*s): return torch.randn(*s)
def p(*s): return torch.rand(*s) + 0.1
a=r(4,6); b=r(6,5); v=r(6); w=r(4,6); s3=r(2,4,6); m4=r(2,3,4,6); img=r(2,4,8,8); seq=r(2,4,10); vol=r(1,2,4,4,4)
pos=p(4,6); idx=torch.tensor([0,2,1]); lab=torch.tensor([0,2,1,3]); mask=torch.arange(24).view(4,6) % 2 == 0
i=torch.arange(24).view(4,6) % 5; sq=r(4,4); spd=sq@sq.T+4*torch.eye(4)
emb=r(10,5); ii=torch.arange(12).view(3,4) % 10; z=torch.randn(4,6,dtype=torch.complex64)
tri=torch.tril(spd)
"""


def shown(torch: Any, value: Any) -> str:
    """An argument: of a tensor its shape, and its dtype where it is not float32."""
    if isinstance(value, torch.Tensor):
        dtype = "" if value.dtype == torch.float32 else f" {value.dtype}"
        return f"T{list(value.shape)}{dtype}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(torch, item) for item in value)}]"
    if isinstance(value, dict):
        return "".join(f", {name}={shown(torch, item)}" for name, item in sorted(value.items()))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def seen(torch: Any, calls: str, recorded: bool) -> dict[str, list[str]]:
    """The ops of each line of calls; ``recorded``: all floating-point tensors there require gradients."""
    mode_class = import_module(f"{torch.__name__}.utils._python_dispatch").TorchDispatchMode

    class Noting(mode_class):
        def __init__(self) -> None:
            super().__init__()
            self.log: list[str] = []

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.log.append(f"{func}{shown(torch, args)}{shown(torch, kwargs or {})}")
            return func(*args, **(kwargs or {}))

    found = {}
    for call in calls.strip().splitlines():
        torch.manual_seed(0)
        names: dict[str, Any] = {"torch": torch, "np": np, "nn": torch.nn, "F": torch.nn.functional}
        exec(SETUP, names)
        for value in list(names.values()) if recorded else []:
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                value.requires_grad_()
        mode = Noting()
        with mode:
            eval(call, names)
        found[call] = mode.log
    return found
