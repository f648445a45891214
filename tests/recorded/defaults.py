"""Defaults of parameters, as PyTorch has them: of functions, classes and their methods.

Run from the folder `tests` with a Python that has PyTorch, to write them: python -m recorded.defaults
"""

import importlib
import inspect
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "expected" / "defaults.json"
MODULES = """
torch torch.amp torch.autograd torch.autograd.forward_ad torch.autograd.functional torch.autograd.gradcheck
torch.autograd.graph torch.autograd.profiler torch.backends.cudnn torch.backends.mkldnn torch.cuda torch.cuda.amp
torch.distributed torch.distributed.checkpoint torch.distributed.device_mesh torch.distributed.fsdp
torch.distributed.nn.functional torch.distributed.optim torch.distributed.pipelining torch.distributed.tensor
torch.distributed.tensor.parallel torch.distributions torch.distributions.constraints torch.distributions.transforms
torch.distributions.utils torch.func torch.futures torch.fx torch.fx.passes.shape_prop torch.fx.subgraph_rewriter
torch.fx.traceback torch.hub torch.jit torch.library torch.linalg torch.masked torch.multiprocessing torch.nested
torch.nn torch.nn.attention torch.nn.attention.flex_attention torch.nn.functional torch.nn.init torch.nn.parallel
torch.nn.utils torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.prune torch.nn.utils.rnn
torch.nn.utils.stateless torch.onnx torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.overrides
torch.profiler torch.quasirandom torch.random torch.serialization torch.signal.windows torch.sparse torch.special
torch.storage torch.testing torch.utils torch.utils._pytree torch.utils.benchmark torch.utils.checkpoint
torch.utils.data torch.utils.data.distributed torch.utils.dlpack torch.utils.flop_counter torch.utils.hooks
torch.utils.module_tracker torch.utils.tensorboard
"""
LITERALS = (type(None), bool, int, float, str, tuple, list)


def defaults_in(root: str) -> dict[str, dict[str, str]]:
    """By full names, the parameters of what is public in the modules of a package that have literals as defaults."""
    found: dict[str, dict[str, str]] = {}
    for path in MODULES.split():
        try:
            module = importlib.import_module(path.replace("torch", root, 1))
        except ImportError:
            continue
        for name, part in parts_of(path, module):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                own = literals(part)
            if own:
                found[name] = own
    return found


def parts_of(path: str, module: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(module):
        part = getattr(module, name, None)
        if name.startswith("_") or inspect.ismodule(part) or not callable(part):
            continue
        yield f"{path}.{name}", part
        if inspect.isclass(part):
            own = [m for m in vars(part) if not m.startswith("_") and inspect.isfunction(vars(part)[m])]
            yield from ((f"{path}.{name}.{method}", vars(part)[method]) for method in own)


def literals(part: Any) -> dict[str, str]:
    try:
        parameters = inspect.signature(part).parameters
    except (TypeError, ValueError):
        return {}
    values = {name: parameter.default for name, parameter in parameters.items()}
    return {
        name: repr(tuple(value)) if isinstance(value, tuple) else repr(value)
        for name, value in values.items()
        if isinstance(value, LITERALS)
    }


def main() -> None:
    lines = [f"{json.dumps(name)}: {json.dumps(own)}" for name, own in defaults_in("torch").items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
