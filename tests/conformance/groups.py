"""How a case of each group is replayed: one function a group, which raises `Wrong` where the answer differs."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import codec
import numpy as np
from compare import Wrong, compare_all, compare_grads, flatten

Case = dict[str, Any]


def resolve(torch: Any, path: str) -> Any:
    """The object that a path such as `torch.nn.functional.relu` names in the module under test."""
    *modules, name = path.split(".")[1:]
    found = torch
    for part in (*modules, name):
        found = getattr(found, part, None)
        if found is None:
            break
    else:
        return found
    try:
        return getattr(importlib.import_module(".".join([torch.__name__, *modules])), name)
    except (ImportError, AttributeError):
        raise Wrong("missing", path) from None


def arguments(torch: Any, case: Case, device: str) -> tuple[list[Any], dict[str, Any]]:
    return codec.decode(torch, case["args"], device), codec.decode(torch, case["kwargs"], device)


def run_ops(torch: Any, case: Case, device: str) -> None:
    fn = resolve(torch, case["path"])
    args, kwargs = arguments(torch, case, device)
    torch.manual_seed(0)
    out = fn(*args, **kwargs)
    check = case.get("check")
    if device != "cpu" and check == "seeded":
        check = "shape"
    compare_all(torch, out, case["out"], check)
    if "grads" in case:
        leaves = [t for t in codec.tensors_in(torch, [list(args), kwargs]) if t.requires_grad]
        compare_grads(torch, leaves, flatten(out), case["grads"])
    if "inplace" in case:
        check_in_place(torch, case, device)
    if "out_form" in case:
        check_out_form(torch, case, fn, device)


def check_in_place(torch: Any, case: Case, device: str) -> None:
    method = getattr(torch.Tensor, case["inplace"], None)
    if method is None:
        raise Wrong("inplace", "no " + case["inplace"])
    (x, *rest), kwargs = arguments(torch, case, device)
    with torch.no_grad():
        x = x.clone()
        try:
            result = method(x, *rest, **kwargs)
        except Exception as e:
            raise Wrong("inplace", f"{type(e).__name__}: {str(e)[:120]}") from None
    if result is not x:
        raise Wrong("inplace", "does not return its input")
    compare_all(torch, x, case["out"], outcome="inplace")


def check_out_form(torch: Any, case: Case, fn: Callable[..., Any], device: str) -> None:
    args, kwargs = arguments(torch, case, device)
    buffer = torch.empty(0, dtype=getattr(torch, case["out"][0]["T"][0]), device=device)
    with torch.no_grad():
        try:
            fn(*args, **kwargs, out=buffer)
        except Exception as e:
            raise Wrong("out", f"{type(e).__name__}: {str(e)[:120]}") from None
    compare_all(torch, buffer, case["out"], outcome="out")


def run_errors(torch: Any, case: Case, device: str) -> None:
    fn = resolve(torch, case["path"])
    args, kwargs = arguments(torch, case, device)
    try:
        fn(*args, **kwargs)
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError) as e:
        if len(str(e)) < 8 or "panicked" in str(e):
            raise Wrong("value", f"a message that says nothing: {str(e)!r}") from None
        return
    raise Wrong("noerror", f"accepted; want {case['error']}: {case['message'][:100]}")


def run_modules(torch: Any, case: Case, device: str) -> None:
    init_args, init_kwargs = (codec.decode(torch, case[k], device) for k in ("init_args", "init_kwargs"))
    module = resolve(torch, case["path"])(*init_args, **init_kwargs)
    state = codec.decode(torch, case["state"], device)
    module.load_state_dict(state)
    if device != "cpu":
        module = module.to(device)
    module = module.to(getattr(torch, case["dtype"])) if case["dtype"] != "float32" else module
    module.train(case["training"])
    args, kwargs = arguments(torch, case, device)
    out = module(*args, **kwargs)
    compare_all(torch, out, case["out"], slack=5.0)
    leaves = [p for p in module.parameters() if p.requires_grad]
    leaves += [t for t in codec.tensors_in(torch, [list(args), kwargs]) if t.requires_grad]
    compare_grads(torch, leaves, flatten(out), case["grads"], slack=20.0)
    if sorted(module.state_dict()) != sorted(state):
        raise Wrong("value", "state_dict keys differ")
    if repr(module) != case["repr"]:
        raise Wrong("value", f"repr {repr(module)[:80]!r}, want {case['repr'][:80]!r}")


def run_optim(torch: Any, case: Case, device: str) -> None:
    params = [torch.nn.Parameter(codec.decode(torch, p, device)) for p in case["params"]]
    optimizer = resolve(torch, case["path"])(params, **codec.decode(torch, case["kwargs"], device))

    def loss_at(step: int) -> Any:
        return sum(((p - 0.3) ** 2 * (1 + 0.1 * step)).sum() + (p**3).sum() * 0.05 for p in params)

    for step, recorded in enumerate(case["steps"]):

        def closure(step: int = step) -> Any:
            optimizer.zero_grad()
            loss = loss_at(step)
            loss.backward()
            return loss

        optimizer.step(closure)
        compare_all(torch, [p.detach() for p in params], recorded, slack=5.0)


METRICS = [1.0, 0.9, 0.91, 0.92, 0.93, 0.94]


def run_sched(torch: Any, case: Case, device: str) -> None:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))]}]
    groups.append({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.02})
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    names = {"torch": torch, "S": resolve(torch, "torch.optim.lr_scheduler"), "opt": optimizer}
    scheduler = eval(case["make"], names)
    rates = []
    for i in range(case["n"]):
        rates.append([g["lr"] for g in optimizer.param_groups])
        optimizer.step()
        scheduler.step(*([METRICS[min(i, 5)]] if case.get("metric") else []))
    if not np.allclose(rates, case["lrs"], rtol=1e-6, atol=1e-9):
        raise Wrong("value", f"{rates[:4]}, want {case['lrs'][:4]}")


def run_code(torch: Any, case: Case, device: str) -> None:
    """Run a short snippet that leaves its answer in `r`; recorded as text or as tensors."""
    names: dict[str, Any] = {"torch": torch, "np": np, "nn": torch.nn, "F": torch.nn.functional}
    if device != "cpu":
        torch.set_default_device(device)
    exec(case["code"], names)
    answer = names["r"]
    if not isinstance(case["want"], str):
        compare_all(torch, answer, case["want"], slack=case.get("slack", 1.0))
        return
    if isinstance(answer, str) and device != "cpu":
        answer = answer.replace(f", device='{device}:0'", "")
    if answer != case["want"]:
        raise Wrong("value", f"{answer!r}, want {case['want']!r}")


def run_api(torch: Any, case: Case, device: str) -> None:
    """A documented name exists and takes the documented parameters by name, in their order."""
    found = resolve(torch, case["path"])
    if not callable(found):
        raise Wrong("value", "not callable")
    if "params" not in case:
        return
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        raise Wrong("value", "no signature that inspect can read") from None
    if case.get("var_keyword") and any(p.kind == p.VAR_KEYWORD for p in parameters):
        return
    names = [p.name for p in parameters]
    if [n for n in names if n in case["params"]] != case["params"]:
        raise Wrong("value", f"parameters {names}, want {case['params']}")


RUNNERS: dict[str, Callable[[Any, Case, str], None]] = {
    "ops": run_ops,
    "extra": run_code,
    "api": run_api,
    "errors": run_errors,
    "modules": run_modules,
    "optim": run_optim,
    "sched": run_sched,
    "indexing": run_code,
    "promotion": run_code,
    "repr": run_code,
    "rng": run_code,
}


def outcome_of(torch: Any, group: str, case: Case, device: str) -> tuple[str, str]:
    """The outcome of one case, and the detail of a failure."""
    try:
        RUNNERS[group](torch, case, device)
    except Wrong as wrong:
        return wrong.outcome, wrong.detail
    except AttributeError as e:
        return "missing", str(e)[:200]
    except KeyboardInterrupt:
        raise
    except BaseException as e:  # a panic crosses the binding as a BaseException
        return ("raised" if isinstance(e, Exception) else "crash"), f"{type(e).__name__}: {str(e)[:200]}"
    return "pass", ""
