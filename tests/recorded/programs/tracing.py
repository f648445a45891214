"""Traced programs: names, members, stacks, patterns with modules, code, passes."""

import operator
from collections import OrderedDict
from typing import Any, NamedTuple


def names_of_nodes(s: Any) -> Any:
    graph = s.torch.fx.Graph()
    first = graph.placeholder("x")
    second = graph.call_function(operator.neg, (first,))
    third = graph.call_function(operator.neg, (second,))
    third.name = "neg"
    second.name = "other"
    third.name = "other"
    graph.output(third)
    return [[n.name for n in graph.nodes], graph.python_code("self").src]


def fresh_names(s: Any) -> Any:
    tracer = s.torch.fx.Tracer()
    tracer.root = s.nn.Module()
    names = [tracer.get_fresh_qualname("part") for _ in range(3)]
    tracer.root.part0 = tracer.root.part1 = s.nn.Identity()
    names.append(tracer.get_fresh_qualname("part"))
    tracer.root.part2 = s.nn.Identity()
    return names[-1] in ("part2", "part3") and tracer.get_fresh_qualname("piece")


def members_as_arguments(s: Any) -> Any:
    torch = s.torch

    class Inner(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = s.nn.Parameter(s.T(2))
            self.register_buffer("shift", s.T(2, shift=0.1))
            self.fixed = s.T(2, shift=0.4)

        def forward(self, x: Any) -> Any:
            return x * self.weight + self.shift - self.fixed + torch.ones(2)

    class Strange(s.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.add(x, s.nn.Parameter(s.T(2)))

    traced = torch.fx.symbolic_trace(Inner())
    return [
        [[n.op, n.name, str(n.target)] for n in traced.graph.nodes if n.op in ("get_attr", "placeholder")],
        traced(s.T(2)),
        sorted(name for name, _ in traced.named_parameters()),
        sorted(name for name, _ in traced.named_buffers()),
        s.raised(lambda: torch.fx.symbolic_trace(Strange())),
    ]


def states_of_tracing(s: Any) -> Any:
    fx, seen = s.torch.fx, []
    is_tracing = __import__(f"{s.torch.__name__}.fx._symbolic_trace", fromlist=["x"]).is_fx_tracing

    def program(x: Any) -> Any:
        seen.append(is_tracing())
        return x + 1

    program(s.T(1))
    fx.symbolic_trace(program)
    program(s.T(1))
    return [seen, is_tracing()]


def specialized_inputs(s: Any) -> Any:
    fx = s.torch.fx

    def program(x: Any, flag: Any, pair: Any = None) -> Any:
        if flag is None:
            return x + 1
        return x * flag if flag > 1 else x - flag

    traced = [fx.symbolic_trace(program, concrete_args={"flag": value, "pair": None}) for value in (2, None, 0.5)]
    return [
        [t(s.T(2), value, None) for t, value in zip(traced, (2, None, 0.5), strict=True)],
        [s.raised(lambda t=t: t(s.T(2), 7, None)) for t in traced],
        [[n.op for n in t.graph.nodes] for t in traced],
    ]


def containers_in_and_out(s: Any) -> Any:
    fx = s.torch.fx

    def program(x: Any, more: Any) -> Any:
        return {"sum": x + more["a"], "rest": [more["b"][0] * 2, x]}

    traced = fx.symbolic_trace(program, concrete_args={"x": fx.PH, "more": {"a": fx.PH, "b": [fx.PH]}})
    result = traced(s.T(2), {"a": s.T(2, shift=0.1), "b": [s.T(1)]})
    return [
        result,
        [n.name for n in traced.graph.nodes],
        s.raised(lambda: traced(s.T(2), {"a": s.T(2), "b": [s.T(1), s.T(1)]})),
        s.raised(lambda: traced(s.T(2), {"a": s.T(2)})),
        "tree_flatten_spec" in traced.code,
        "tree_unflatten" in traced.code,
    ]


def placeholders_with_meta(s: Any) -> Any:
    fx = s.torch.fx
    mark = fx._symbolic_trace.PHWithMeta(ph_key="key")
    mark.note = 5
    traced = fx.symbolic_trace(lambda x, y: x + y, concrete_args={"x": mark, "y": fx.PH})
    node = next(iter(traced.graph.nodes))
    return [node.ph_key, node.note, traced(s.T(2), s.T(2))]


def stacks_of_nodes(s: Any) -> Any:
    torch = s.torch
    track = __import__(f"{torch.__name__}.fx.traceback", fromlist=["x"])

    class Net(s.nn.Module):
        def forward(self, x: Any) -> Any:
            return (x + 1).relu()

    tracer = torch.fx.Tracer()
    tracer.record_stack_traces = True
    graph = tracer.trace(Net())
    stacks = [n.stack_trace for n in graph.nodes]
    with track.preserve_node_meta():
        track.set_stack_trace(["one\n", "two\n"])
        inside = [track.format_stack(), track.has_preserved_node_meta(), dict(track.get_current_meta())]
        track.set_stack_trace([])
        kept = track.format_stack()
    return [
        [stack is not None and "return (x + 1).relu()" in stack for stack in stacks],
        inside,
        kept,
        track.has_preserved_node_meta(),
        [isinstance(line, str) for line in track.format_stack()[:1]],
    ]


def meta_is_preserved(s: Any) -> Any:
    torch = s.torch
    track = __import__(f"{torch.__name__}.fx.traceback", fromlist=["x"])
    traced = torch.fx.symbolic_trace(lambda x: x.relu() + 1)
    for i, node in enumerate(traced.graph.nodes):
        node.meta["place"] = i
    again = torch.fx.Transformer(traced).transform()
    with track.preserve_node_meta(), track.set_current_meta(next(iter(traced.graph.nodes))):
        copied = torch.fx.symbolic_trace(lambda x: x.cos())
    return [[n.meta.get("place") for n in again.graph.nodes], [n.meta.get("place") for n in copied.graph.nodes]]


def patterns_with_modules(s: Any) -> Any:
    torch = s.torch

    class Net(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = s.nn.Parameter(s.T(2))

        def forward(self, x: Any) -> Any:
            return torch.relu(x + self.scale)

    class Pattern(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = s.nn.Parameter(s.T(2))

        def forward(self, x: Any) -> Any:
            return torch.relu(x + self.scale)

    class Replacement(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.other = s.nn.Parameter(s.T(2, shift=0.2))
            self.layer = s.nn.Identity()

        def forward(self, x: Any) -> Any:
            return self.layer(torch.sigmoid(x * self.other))

    traced = torch.fx.symbolic_trace(Net())
    traces = [torch.fx.symbolic_trace(m()) for m in (Pattern, Replacement)]
    found = torch.fx.replace_pattern(traced, *traces)
    traced.graph.lint()
    return [
        len(found),
        [[n.op, str(n.target)] for n in traced.graph.nodes if n.op != "call_function"],
        traced(s.T(2)),
        sorted(name for name, _ in traced.named_parameters()),
        sorted(name for name, _ in traced.named_modules()),
    ]


def patterns_of_literals(s: Any) -> Any:
    torch, rewriter = s.torch, s.torch.fx.subgraph_rewriter

    def program(x: Any) -> Any:
        return torch.cat([x + 1, x + 2], 0).flatten(0) * 3

    answers = []
    for pattern in (lambda x: x + 1, lambda x: x + 2, lambda x: x + 3, lambda x: x * 3, lambda x: x * 3.0):
        traced = torch.fx.symbolic_trace(program)
        strict = rewriter.replace_pattern(traced, pattern, lambda x: torch.neg(x))
        loose = torch.fx.symbolic_trace(program)
        found = rewriter.replace_pattern_with_filters(loose, pattern, lambda x: torch.neg(x), ignore_literals=True)
        answers.append([len(strict), traced(s.T(2)), len(found), loose(s.T(2))])
    for pattern in (lambda x, y: torch.cat([x, y], 0), lambda x, y: torch.cat([x, y], 1), lambda x: torch.cat([x], 0)):
        traced = torch.fx.symbolic_trace(program)
        answers.append(len(torch.fx.replace_pattern(traced, pattern, pattern)))
    return answers


def replacements_last(s: Any) -> Any:
    torch = s.torch
    traced = torch.fx.symbolic_trace(lambda x: torch.relu(x))
    torch.fx.replace_pattern(traced, lambda x: torch.relu(x), lambda x: torch.neg(x).abs())
    double = torch.fx.symbolic_trace(lambda x: (x.relu().relu(), x))
    found = torch.fx.replace_pattern(double, lambda x: x.relu(), lambda x: x.neg())
    return [[n.name for n in traced.graph.nodes], len(found), double.code, double(s.T(3))]


def managed_passes(s: Any) -> Any:
    torch = s.torch
    infra = __import__(f"{torch.__name__}.fx.passes.infra.pass_manager", fromlist=["x"])
    result = __import__(f"{torch.__name__}.fx.passes.infra.pass_base", fromlist=["x"]).PassResult
    log: list[str] = []

    def once(module: Any) -> Any:
        log.append("once")
        return result(module, len(log) < 3)

    def never(module: Any) -> Any:
        log.append("never")
        return result(module, False)

    def checked(module: Any) -> None:
        log.append("check")

    traced = torch.fx.symbolic_trace(lambda x: x + 1)
    answers = []
    for options in ({}, {"steps": 3}, {"steps": 9}, {"run_checks_after_each_pass": True}):
        log.clear()
        manager = infra.PassManager(passes=[once, never], **options)
        manager.add_checks(checked)
        done = manager(traced)
        answers.append([list(log), done.modified])
    before = infra.this_before_that_pass_constraint(never, once)
    manager = infra.PassManager(passes=[once, never], constraints=[before])
    answers.append(s.raised(lambda: manager(traced)) != "nothing" or [p.__name__ for p in manager.passes])
    manager.solve_constraints()
    answers.append([p.__name__ for p in manager.passes])
    manager.validate_constraints()
    manager.add_constraint(infra.this_before_that_pass_constraint(once, never))
    answers.append(s.raised(manager.validate_constraints))
    answers.append(s.raised(lambda: infra.PassManager().add_checks(lambda a, b: None)))
    return answers


def annotations_in_code(s: Any) -> Any:
    class Pair(NamedTuple):
        a: Any
        b: Any

    graph = s.torch.fx.Graph()
    x = graph.placeholder("x", type_expr=list[int])
    y = graph.placeholder("y", type_expr=dict[str, float], default_value=None)
    z = graph.call_function(operator.add, (x, slice(1, None, 2)), type_expr=tuple[int, str])
    w = graph.call_function(operator.mul, (complex(1, 2), complex(0, float("inf"))), type_expr=int | None)
    graph.call_function(print, (float("nan"), -float("inf"), range(3), s.torch.float32, s.torch.device("cpu"), ...))
    graph.output([z, w, {"k": y}], type_expr=list)
    return [graph.python_code("self").src, str(graph).replace(s.torch.__name__, "torch")]


def boxed_code(s: Any) -> Any:
    traced = s.torch.fx.symbolic_trace(lambda x, y=3: x + y)
    boxed = __import__(f"{s.torch.__name__}.fx.graph", fromlist=["x"])._BoxedCodeGen
    traced.graph.set_codegen(boxed())
    traced.recompile()
    arguments = [s.T(2), s.T(2, shift=0.4)]
    return [traced(arguments), arguments, [line.strip() for line in traced.code.strip().splitlines()]]


def wrong_numbers_of_inputs(s: Any) -> Any:
    traced = s.torch.fx.symbolic_trace(lambda x, y: x + y)
    run = s.torch.fx.Interpreter(traced).run
    return [run(s.T(2), s.T(2)), [s.raised(lambda a=a: run(*a)) for a in ((), (s.T(2),))]]


def text_with_origins(s: Any) -> Any:
    torch = s.torch
    traced = torch.fx.symbolic_trace(lambda x: (x + 1).relu().neg())
    nodes = list(traced.graph.nodes)
    nodes[1].meta["custom"] = {"short": 1}
    nodes[1].stack_trace = 'File "a.py", line 3, in run\n    y = x + 1'
    nodes[2].stack_trace = 'File "a.py", line 3, in run\n    y = x + 1'
    nodes[3].stack_trace = 'File "a.py", line 3, in run\n    y = x + 1\nFile "b.py", line 5, in walk\n    -y'
    parse = __import__(f"{torch.__name__}.fx.graph", fromlist=["x"])._parse_stack_trace
    frame = parse(nodes[3].stack_trace)
    outer = parse(nodes[3].stack_trace, lambda file, name, code: file == "a.py")
    none = parse(nodes[3].stack_trace, lambda file, name, code: name == "other")
    return [
        traced.graph.python_code("self", verbose=True).src,
        [frame.file, frame.lineno, frame.name, frame.code, frame.get_summary_str()],
        [outer.file, outer.code],
        none,
        parse("nothing to see"),
    ]


def trees_with_other_specs(s: Any) -> Any:
    pytree = __import__(f"{s.torch.__name__}.fx._pytree", fromlist=["x"])
    plain = s.torch.utils._pytree
    spec = plain.tree_flatten({"a": [1, (2, 3)], "b": None})[1]
    ordered = plain.tree_flatten(OrderedDict(a=1, b=2))[1]
    return [
        pytree.tree_flatten_spec({"a": [4, (5, 6)], "b": None}, spec),
        pytree.tree_flatten_spec({"b": 7, "a": [4, (5, 6)]}, spec),
        s.raised(lambda: pytree.tree_flatten_spec({"a": [4, (5,)], "b": None}, spec)),
        s.raised(lambda: pytree.tree_flatten_spec({"a": 1}, spec)),
        s.raised(lambda: pytree.tree_flatten_spec(OrderedDict(a=1), ordered)),
    ]
