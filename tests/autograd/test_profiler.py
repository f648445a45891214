"""Profiles: events of launches and of named ranges."""

import json

import ferrotorch as torch
import pytest
from ferrotorch.autograd.profiler import EventList
from ferrotorch.autograd.profiler import profile as plain_profile
from ferrotorch.profiler import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    record_function,
    schedule,
    tensorboard_trace_handler,
)


def work():
    x = torch.ones(4, 3, requires_grad=True)
    (x.exp() @ torch.ones(3, 2)).sum().backward()


def test_events_have_names_times_and_shapes():
    options = {"record_shapes": True, "with_flops": True, "profile_memory": True}
    with profile(activities=[ProfilerActivity.CPU], **options) as p, record_function("range"):
        work()
    events = {event.name: event for event in p.events()}
    outer, exp = events["range"], events["aten::exp"]
    assert outer.is_user_annotation
    assert outer.start <= exp.start <= exp.end <= outer.end
    assert exp.input_shapes == [[4, 3]]
    assert exp.cpu_memory_usage == 4 * 3 * 4
    assert events["aten::mm"].flops == 2 * 4 * 3 * 2
    assert 0 <= outer.self_cpu_time_total < outer.cpu_time_total
    assert p.events().self_cpu_time_total == pytest.approx(
        sum(e.cpu_time_total for e in p.events() if e.cpu_parent is None), rel=1e-6
    )


def test_averages_count_calls():
    with profile() as p:
        for n in (2, 2, 3):
            torch.ones(n).exp()
    (average,) = [a for a in p.key_averages() if a.key == "aten::exp"]
    assert average.count == 3
    assert average.cpu_time == pytest.approx(average.cpu_time_total / 3)
    with profile(record_shapes=True) as p:
        for n in (2, 2, 3):
            torch.ones(n).exp()
    assert sorted(a.count for a in p.key_averages(group_by_input_shape=True) if a.key == "aten::exp") == [1, 2]


def test_the_table_is_sorted():
    with plain_profile() as p:
        work()
    text = p.key_averages().table(sort_by="cpu_time_total", row_limit=2)
    lines = text.splitlines()
    assert lines[1].split("  ")[-1].strip() == "# of Calls"
    rows = sorted(p.key_averages(), key=lambda a: -a.cpu_time_total)
    assert [line.split()[0] for line in lines[3:5]] == [a.key for a in rows[:2]]
    assert "Self CPU time total" in lines[-1]
    assert p.total_average().count == len(p.function_events)


def test_chrome_trace(tmp_path):
    path = tmp_path / "trace.json"
    with profile(record_shapes=True) as p:
        work()
    p.export_chrome_trace(str(path))
    events = json.loads(path.read_text())["traceEvents"]
    (exp,) = [e for e in events if e["name"] == "aten::exp"]
    assert (exp["ph"], exp["cat"], exp["args"]["Input Dims"]) == ("X", "cpu_op", [[4, 3]])
    assert exp["dur"] >= 0
    handler = tensorboard_trace_handler(str(tmp_path / "runs"), "me")
    with profile(on_trace_ready=handler):
        work()
    (written,) = (tmp_path / "runs").iterdir()
    assert written.name.startswith("me.")
    assert written.name.endswith(".pt.trace.json")


def test_schedule():
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    none, warm, record, save = ProfilerAction
    assert [plan(i) for i in range(11)] == [none, none, warm, record, save, none, warm, record, save, none, none]
    with pytest.raises(AssertionError, match="Invalid profiler schedule"):
        schedule(wait=1, warmup=0, active=0)


def test_steps_are_recorded_by_the_schedule():
    ready = []
    with profile(
        schedule=schedule(wait=1, warmup=1, active=2, repeat=1),
        on_trace_ready=lambda p: ready.append([a.count for a in p.key_averages() if a.key == "aten::exp"]),
    ) as p:
        for _ in range(6):
            torch.ones(1).exp()
            p.step()
    assert ready == [[2]]
    assert [e.trace_name for e in p.events() if e.is_user_annotation] == ["ProfilerStep#2", "ProfilerStep#3"]
    assert [e.name for e in p.events() if e.is_user_annotation] == ["ProfilerStep*"] * 2


def test_nothing_is_recorded_outside():
    with profile() as p:
        pass
    torch.ones(1).exp()
    assert p.events() == []
    with plain_profile(enabled=False) as off:
        work()
    assert off.function_events == EventList()


def test_record_function_decorates():
    @record_function("decorated")
    def run(x, *, y=1):
        return x + y

    assert run(1, y=2) == 3
    with plain_profile() as p:
        run(1)
        with pytest.raises(ZeroDivisionError), torch.autograd.profiler.record_function("failing"):
            raise ZeroDivisionError
    assert [e.name for e in p.function_events] == ["decorated", "failing"]
