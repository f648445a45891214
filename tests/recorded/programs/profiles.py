"""Profiles: which ops and ranges they show, and what can be asked of their events."""

import json
import os
import tempfile
from importlib import import_module
from typing import Any

OPS = [
    "conv2d", "convolution", "linear", "addmm", "matmul", "batch_norm", "native_batch_norm", "relu", "max_pool2d",
    "max_pool2d_with_indices", "adaptive_avg_pool2d", "flatten", "reshape", "layer_norm", "native_layer_norm",
    "dropout", "softmax", "_softmax", "to", "_to_copy", "mul", "sum", "ones", "exp", "scaled_dot_product_attention",
]  # fmt: skip


def _profiler(s: Any) -> Any:
    return import_module(f"{s.torch.__name__}.profiler")


def _network(s: Any) -> None:
    nn = s.nn
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(16, 3), nn.LayerNorm(3), nn.Dropout(0.1), nn.Softmax(-1))
    y = model(s.torch.ones(2, 3, 8, 8))
    y = (y.transpose(0, 1).reshape(-1) @ s.torch.ones(6)).to(s.torch.float64)
    (y * 2).backward()


def _profiled(s: Any, **options: Any) -> Any:
    profiler = _profiler(s)
    named = profiler.record_function("forward and backward")
    with profiler.profile(activities=[profiler.ProfilerActivity.CPU], **options) as p, named:
        _network(s)
    return p


def ops_of_layers(s: Any) -> Any:
    p = _profiled(s, record_shapes=True, with_flops=True)
    found = {event.key: event for event in p.key_averages()}
    by_shape = {(event.key, str(event.input_shapes[:2])) for event in p.key_averages(group_by_input_shape=True)}
    return [
        [name for name in OPS if f"aten::{name}" in found],
        [found[f"aten::{name}"].count for name in ("conv2d", "linear", "relu", "softmax", "max_pool2d")],
        [found[f"aten::{name}"].flops for name in ("conv2d", "addmm")],
        ("aten::conv2d", "[[2, 3, 8, 8], [4, 3, 3, 3]]") in by_shape,
        ("aten::linear", "[[2, 16], [3, 16]]") in by_shape,
        [name.startswith("ProfilerStep") for name in found if name.startswith("Prof")],
        found["forward and backward"].is_user_annotation,
    ]


def columns_of_tables(s: Any) -> Any:
    tables = []
    for options in ({}, {"record_shapes": True, "profile_memory": True}):
        averages = _profiled(s, **options).key_averages(group_by_input_shape=True)
        for order in (
            "cpu_time_total",
            "self_cpu_memory_usage",
            "self_cpu_time_total",
            "count",
            "self_device_time_total",
        ):
            lines = averages.table(sort_by=order, row_limit=5, header="A title", time_unit="ms").splitlines()
            tables.append([lines[1].strip(), lines[3].split(), len(lines), lines[-1].split(":")[0]])
    return [tables, s.raised(lambda: averages.table(sort_by="nothing"))]


def what_events_know(s: Any) -> Any:
    with s.torch.autograd.profiler.profile(profile_memory=True) as p:
        s.torch.ones(4).exp().add(s.torch.ones(4))
    event = next(event for event in p.function_events if event.name == "aten::exp")
    average = p.total_average()
    return [
        [event.key, event.count, event.cpu_memory_usage, event.self_cpu_memory_usage, event.is_async, event.is_remote],
        [str(event.device_type), event.device_time_total, event.self_device_memory_usage, event.stack, event.scope],
        [event.time_range.elapsed_us() == event.cpu_time_total, event.cpu_parent is None, event.cpu_time_str[-1:]],
        [average.key, average.cpu_time_total_str[-1:], average.self_cpu_time_total > 0, average.device_time],
        [type(p.key_averages()).__name__, type(p.key_averages()[0]).__name__, type(event).__module__.split(".")[-1]],
    ]


def traces_and_settings(s: Any) -> Any:
    profiler = _profiler(s)
    folder = tempfile.mkdtemp()
    path, packed = os.path.join(folder, "trace.json"), os.path.join(folder, "trace.json.gz")
    p = profiler.profile(with_stack=True, with_modules=True, acc_events=True)
    p.start()
    p.add_metadata("note", "text")
    p.add_metadata_json("sizes", "[1, 2]")
    s.torch.ones(2).exp()
    p.stop()
    p.export_chrome_trace(path)
    with open(path) as file:
        trace = json.load(file)
    p.export_stacks(os.path.join(folder, "stacks"), "self_cpu_time_total")
    return [
        [trace["note"], trace["sizes"]],
        "aten::exp" in [event.get("name") for event in trace["traceEvents"]],
        sorted(os.listdir(folder)),
        [p.step_num, str(p.current_action), p.with_stack, p.with_flops, p.record_steps, p.on_trace_ready],
        s.raised(lambda: p.export_stacks(path, "other")),
        packed.endswith("gz"),
    ]


def steps_of_a_schedule(s: Any) -> Any:
    profiler = _profiler(s)
    ready = []
    plan = profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
    names = lambda p: sorted({e.key for e in p.key_averages() if e.key.startswith("Prof")})  # noqa: E731
    with profiler.profile(schedule=plan, on_trace_ready=lambda p: ready.append([p.step_num, names(p)])) as p:
        for _ in range(5):
            s.torch.ones(2).exp()
            p.step()
    return [ready, p.record_steps]
