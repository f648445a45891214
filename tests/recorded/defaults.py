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
torch torch._dynamo torch._library.custom_ops torch._library.infer_schema torch.amp torch.amp.autocast_mode
torch.amp.grad_scaler torch.ao.nn.intrinsic torch.ao.nn.intrinsic.qat torch.ao.nn.intrinsic.quantized
torch.ao.nn.intrinsic.quantized.dynamic torch.ao.nn.qat torch.ao.nn.qat.dynamic torch.ao.nn.quantizable
torch.ao.nn.quantized torch.ao.nn.quantized.dynamic torch.ao.nn.quantized.functional torch.ao.nn.quantized.reference
torch.ao.quantization torch.ao.quantization.backend_config torch.ao.quantization.fake_quantize
torch.ao.quantization.fuse_modules torch.ao.quantization.fuser_method_mappings torch.ao.quantization.fx.convert
torch.ao.quantization.fx.custom_config torch.ao.quantization.fx.fuse torch.ao.quantization.fx.prepare
torch.ao.quantization.fx.tracer torch.ao.quantization.observer torch.ao.quantization.qconfig
torch.ao.quantization.qconfig_mapping torch.ao.quantization.quantization_mappings torch.ao.quantization.quantize
torch.ao.quantization.quantize_fx torch.ao.quantization.stubs torch.ao.quantization.utils torch.autograd
torch.autograd.forward_ad torch.autograd.functional torch.autograd.gradcheck torch.autograd.graph
torch.autograd.profiler torch.backends.cudnn torch.backends.mkldnn torch.compiler torch.cuda torch.cuda.amp
torch.distributed torch.distributed.checkpoint torch.distributed.device_mesh torch.distributed.fsdp
torch.distributed.nn.functional torch.distributed.optim torch.distributed.pipelining torch.distributed.tensor
torch.distributed.tensor.parallel torch.distributions torch.distributions.constraint_registry
torch.distributions.constraints torch.distributions.distribution torch.distributions.kl
torch.distributions.multivariate_normal torch.distributions.transforms torch.distributions.utils
torch.distributions.von_mises torch.export torch.export.dynamic_shapes torch.export.exported_program
torch.export.graph_signature torch.func torch.futures torch.fx torch.fx.annotate torch.fx.experimental.optimization
torch.fx.experimental.rewriter torch.fx.experimental.symbolic_shapes torch.fx.graph torch.fx.graph_module
torch.fx.immutable_collections torch.fx.interpreter torch.fx.node torch.fx.operator_schemas
torch.fx.passes.fake_tensor_prop torch.fx.passes.infra.pass_base torch.fx.passes.infra.pass_manager
torch.fx.passes.shape_prop torch.fx.passes.split_module torch.fx.passes.utils.matcher_utils torch.fx.proxy
torch.fx.subgraph_rewriter torch.fx.traceback torch.hub torch.jit torch.jit.annotations torch.library torch.linalg
torch.masked torch.multiprocessing torch.nested torch.nn torch.nn._reduction torch.nn.attention
torch.nn.attention.bias torch.nn.attention.flex_attention torch.nn.functional torch.nn.grad torch.nn.init
torch.nn.modules._functional torch.nn.modules.container torch.nn.modules.lazy torch.nn.modules.module
torch.nn.modules.utils torch.nn.parallel torch.nn.parallel.comm torch.nn.parallel.scatter_gather torch.nn.parameter
torch.nn.utils torch.nn.utils.clip_grad torch.nn.utils.convert_parameters torch.nn.utils.fusion torch.nn.utils.init
torch.nn.utils.memory_format torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.prune
torch.nn.utils.rnn torch.nn.utils.stateless torch.onnx torch.optim torch.optim.adadelta torch.optim.adagrad
torch.optim.adam torch.optim.adamax torch.optim.adamw torch.optim.asgd torch.optim.lbfgs torch.optim.lr_scheduler
torch.optim.nadam torch.optim.optimizer torch.optim.radam torch.optim.rmsprop torch.optim.rprop torch.optim.sgd
torch.optim.sparse_adam torch.optim.swa_utils torch.overrides torch.profiler torch.quasirandom torch.random
torch.serialization torch.signal.windows torch.sparse torch.special torch.storage torch.testing torch.utils
torch.utils._contextlib torch.utils._device torch.utils._dtype_abbrs torch.utils._foreach_utils
torch.utils._mode_utils torch.utils._ordered_set torch.utils._python_dispatch torch.utils._pytree torch.utils._triton
torch.utils.backend_registration torch.utils.benchmark torch.utils.benchmark.utils.common
torch.utils.benchmark.utils.compare torch.utils.benchmark.utils.timer torch.utils.checkpoint torch.utils.collect_env
torch.utils.cpp_extension torch.utils.data torch.utils.data._utils.collate torch.utils.data._utils.fetch
torch.utils.data._utils.pin_memory torch.utils.data.dataloader torch.utils.data.datapipes.iter
torch.utils.data.datapipes.map torch.utils.data.dataset torch.utils.data.distributed torch.utils.data.graph
torch.utils.data.graph_settings torch.utils.data.sampler torch.utils.dlpack torch.utils.flop_counter torch.utils.hooks
torch.utils.module_tracker torch.utils.tensorboard torch.utils.tensorboard.summary torch.utils.tensorboard.writer
torch.utils.weak
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
        if isinstance(value, LITERALS) and "<module" not in repr(value)
    }


def main() -> None:
    lines = [f"{json.dumps(name)}: {json.dumps(own)}" for name, own in defaults_in("torch").items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
