"""Transformations of graphs: splitting modules, and running several passes in order."""

import ferrotorch as torch
import pytest
from ferrotorch import fx, nn
from ferrotorch.fx.passes.infra.pass_base import PassBase, PassResult
from ferrotorch.fx.passes.infra.pass_manager import PassManager, pass_result_wrapper, this_before_that_pass_constraint
from ferrotorch.fx.passes.split_module import split_module


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.ones(3, 4))
        self.l = nn.Sequential(nn.Linear(4, 5))

    def forward(self, x, y=2):
        z = self.l(x + self.p).clamp(min=0)
        w = self.l(x).relu()
        return z + w, z * y, w


def in_threes():
    count = iter(range(100))
    return lambda node: next(count) // 3


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ({}, ["submod_0", "submod_2", "submod_1"]),
        ({"keep_original_order": True}, ["submod_0", "submod_1", "submod_2"]),
        ({"partition_affix": "pp", "tuple_return": True}, ["submod_pp_0", "submod_pp_2", "submod_pp_1"]),
        ({"keep_original_input_name": False, "keep_original_node_name": True}, ["submod_0", "submod_2", "submod_1"]),
    ],
)
def test_split_module_computes_the_same(options, calls):
    traced = fx.symbolic_trace(Net())
    names = {}
    split = split_module(traced, None, in_threes(), names, **options)
    x = torch.randn(3, 4)
    assert all(torch.equal(a, b) for a, b in zip(split(x, 3), traced(x, 3), strict=True))
    assert [node.target for node in split.graph.nodes if node.op == "call_module"] == calls
    assert split.meta["partition_names"] == set(calls)
    assert names == {f"{name}.l_0": "l.0" for name in sorted(calls)[:2]}
    assert split.get_submodule(calls[0]).l_0 is traced.get_submodule("l.0")


def test_names_of_inputs_and_results_of_one_value():
    traced = fx.symbolic_trace(lambda x: torch.sin(x).cos())
    count = iter([0, 1])
    split = split_module(traced, None, lambda node: next(count))
    first = split.submod_0.graph
    assert [node.name for node in first.nodes if node.op == "placeholder"] == ["x"]
    assert first.output_node().args[0].target is torch.sin
    count = iter([0, 1])
    split = split_module(traced, None, lambda node: next(count), keep_original_input_name=False, tuple_return=True)
    assert next(node.name for node in split.submod_1.graph.nodes) == "arg_0"
    assert isinstance(split.submod_1.graph.output_node().args[0], tuple)


def test_parts_that_need_each_other_are_refused():
    count = iter(range(100))
    with pytest.raises(RuntimeError, match="cycle exists between partitions!"):
        split_module(fx.symbolic_trace(lambda x: x.sin().cos().exp()), None, lambda node: next(count) % 2)


class Replace(PassBase):
    def __init__(self, old, new):
        self.old, self.new = old, new
        self.checked = []

    def requires(self, graph_module):
        self.checked.append("before")

    def call(self, graph_module):
        nodes = [node for node in graph_module.graph.nodes if node.target is self.old]
        for node in nodes:
            node.target = self.new
        return PassResult(graph_module, bool(nodes))

    def ensures(self, graph_module):
        self.checked.append("after")


def test_passes_run_until_nothing_changes():
    traced = fx.symbolic_trace(lambda x: torch.sin(x) + 1)
    one, two = Replace(torch.sin, torch.cos), Replace(torch.cos, torch.exp)
    result = PassManager([one, two], steps=5)(traced)
    assert result.modified and torch.equal(result.graph_module(torch.zeros(1)), torch.tensor([2.0]))
    assert one.checked == ["before", "after"] * 2
    assert PassManager([one])(traced).modified is False


def test_constraints_order_the_passes():
    one, two, three = (Replace(torch.sin, torch.cos) for _ in range(3))
    constraints = [this_before_that_pass_constraint(one, two), this_before_that_pass_constraint(two, three)]
    manager = PassManager([three, two, one], constraints)
    with pytest.raises(RuntimeError, match="pass schedule constraint violated"):
        manager.validate_constraints()
    manager.solve_constraints()
    assert manager.passes == [one, two, three]
    manager.add_constraint(this_before_that_pass_constraint(three, one))
    with pytest.raises(RuntimeError, match="Circular dependency"):
        manager.solve_constraints()


def test_checks_and_errors_of_passes():
    seen = []
    manager = PassManager([pass_result_wrapper(lambda module: None)], run_checks_after_each_pass=True)
    manager.add_checks(seen.append)
    traced = fx.symbolic_trace(lambda x: x + 1)
    assert manager(traced) == PassResult(traced, True) and seen == [traced, traced]
    with pytest.raises(TypeError, match="only take in one variable"):
        manager.add_checks(lambda a, b: None)
    manager.add_pass(lambda module: module)
    with pytest.raises(Exception, match="An error occurred when running the '<lambda>' pass after") as failed:
        manager(traced)
    assert isinstance(failed.value.__cause__, TypeError)
