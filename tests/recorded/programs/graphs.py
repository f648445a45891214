"""Graphs of programs: nodes and their order, insertion and removal, copies, generated code, interpreters, passes."""

import copy
import operator
from typing import Any


def _small(s: Any) -> tuple[Any, list[Any]]:
    """A graph of two inputs, a sum, a product and an output, and its nodes."""
    graph = s.torch.fx.Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y", default_value=2)
    total = graph.call_function(operator.add, (x, y))
    product = graph.call_method("mul", (total, x), {"other": y})
    return graph, [x, y, total, product, graph.output((total, [product]))]


def _net(s: Any) -> Any:
    """A module with layers, a buffer and a parameter of its own."""

    class Net(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = s.nn.Linear(3, 4)
            self.rest = s.nn.Sequential(s.nn.ReLU(), s.nn.Linear(4, 2))
            self.scale = s.nn.Parameter(s.torch.ones(2))
            self.register_buffer("shift", s.torch.zeros(2))

        def forward(self, x: Any, flag: bool = True) -> Any:
            return self.rest(self.first(x)) * self.scale + self.shift

    return s.fill(Net())


def _shown(graph: Any) -> list[Any]:
    return [[n.op, n.name, str(n.args), str(n.kwargs), [str(u) for u in n.users]] for n in graph.nodes]


def text_of_a_graph(s: Any) -> Any:
    graph, nodes = _small(s)
    return [
        str(graph),
        graph.python_code("self").src,
        [node.format_node() for node in nodes],
        [repr(node) for node in nodes],
        [str(node.all_input_nodes) for node in nodes],
        len(graph.nodes),
        [node.name for node in reversed(graph.nodes)],
        graph.output_node().name,
    ]


def names_stay_unique(s: Any) -> Any:
    graph = s.torch.fx.Graph()
    x = graph.placeholder("x")
    nodes = [graph.call_function(s.torch.relu, (x,)) for _ in range(3)]
    nodes += [graph.call_function(s.torch.sin, (x,), name=name) for name in ("mine", "mine", "relu_7", "relu", "sin")]
    nodes += [graph.placeholder(name) for name in ("*args", "**kwargs", "self", "len", "torch", "1a", "a.b-c", "None")]
    nodes += [graph.get_attr("weight.data"), graph.call_module("0.layer", (x,)), graph.call_method("__len__", (x,))]
    return [node.name for node in nodes]


def nodes_change_places(s: Any) -> Any:
    graph, (x, y, total, product, out) = _small(s)
    with graph.inserting_before(total):
        before = graph.call_function(s.torch.neg, (x,))
    with graph.inserting_after(total):
        after = graph.call_function(s.torch.abs, (total,))
    with graph.inserting_before():
        first = graph.placeholder("first")
    graph.inserting_after(product)
    late = graph.call_function(s.torch.cos, (product,))
    order = [[n.name for n in graph.nodes]]
    total.append(late)
    order.append([n.name for n in graph.nodes])
    y.prepend(after)
    order.append([n.name for n in graph.nodes])
    out.prepend(before)
    before.prepend(before)
    order.append([n.name for n in graph.nodes])
    comparisons = [x < y, y < x, x <= x, x >= x, out > x, first < x, late > total, after < y, before <= out]
    return [order, comparisons, first.next.name, out.prev.name, s.said(lambda: graph.lint())]


def users_follow_the_arguments(s: Any) -> Any:
    graph, (x, y, total, product, _out) = _small(s)
    seen = [_shown(graph)]
    total.args = (x, x)
    seen.append(_shown(graph))
    product.kwargs = {}
    product.update_arg(1, y)
    seen.append(_shown(graph))
    product.update_kwarg("other", [x, {"deep": y}, slice(x, None, y)])
    product.insert_arg(0, total)
    product.insert_arg(3, 7)
    seen.append(_shown(graph))
    total.replace_input_with(x, y)
    seen.append(_shown(graph))
    changed = y.replace_all_uses_with(x, lambda user: user is product)
    seen.append([[n.name for n in changed], _shown(graph)])
    changed = total.replace_all_uses_with(x)
    return [seen, [n.name for n in changed], _shown(graph), s.said(lambda: product.insert_arg(9, 1))]


def meta_goes_along(s: Any) -> Any:
    graph, (x, y, total, product, _) = _small(s)
    total.meta["note"] = 1
    total.stack_trace = "where"
    other = graph.node_copy(total, lambda node: y if node is x else node)
    total.replace_all_uses_with(product, lambda user: False, propagate_meta=True)
    said = s.said(lambda: total.replace_all_uses_with(product, propagate_meta=True))
    return [other.meta, str(other.args), other.stack_trace, product.meta, said, x.stack_trace, x.meta]


def erasing(s: Any) -> Any:
    graph, (x, y, total, product, out) = _small(s)
    said = [s.said(lambda: graph.erase_node(total)), s.said(lambda: s.torch.fx.Graph().erase_node(out))]
    graph.erase_node(out)
    graph.erase_node(product)
    said.append(_shown(graph))
    graph.erase_node(total)
    return [said, _shown(graph), len(graph.nodes), s.said(lambda: graph.erase_node(y)), len(graph.nodes), len(x.users)]


def dead_code(s: Any) -> Any:
    def program(x: Any, unused: Any) -> Any:
        kept = x.sin()
        dead = (x.cos() + 1).tanh()  # noqa: F841
        s.torch.rand(2)
        s.torch._assert(x.sum() is not None, "never")
        return kept

    graph = s.torch.fx.symbolic_trace(program).graph
    before = [n.name for n in graph.nodes]
    impure = [n.name for n in graph.nodes if n.is_impure()]
    again = [graph.eliminate_dead_code(), graph.eliminate_dead_code()]
    after = [n.name for n in graph.nodes]
    graph.eliminate_dead_code(lambda node: node.op in ("placeholder", "output"))
    return [before, impure, again, after, [n.name for n in graph.nodes]]


def copies(s: Any) -> Any:
    graph, (x, _, total, *_) = _small(s)
    twin = copy.deepcopy(graph)
    target = s.torch.fx.Graph()
    z = target.placeholder("z")
    mapping = {x: z}
    result = target.graph_copy(graph, mapping)
    target.output(result)
    both = s.torch.fx.Graph().graph_copy(graph, {}, True)
    empty = s.torch.fx.Graph().graph_copy(s.torch.fx.Graph(), {})
    return [str(twin), str(target), mapping[total].name, str(result), str(both), empty, total in mapping]


def finding_nodes(s: Any) -> Any:
    graph, _ = _small(s)
    found = [
        [n.name for n in graph.find_nodes(op=op, target=target)]
        for op, target in (
            ("placeholder", None),
            ("placeholder", "y"),
            ("call_function", operator.add),
            ("call_function", operator.sub),
            ("call_method", "mul"),
            ("output", None),
        )
    ]
    return [found, s.said(lambda: graph.find_nodes(op="call_function"))]


def refusals_of_graphs(s: Any) -> Any:
    graph, (x, *_) = _small(s)
    other = s.torch.fx.Graph()
    node = other.placeholder("q")
    return [
        s.raised(lambda: graph.create_node("nothing", "x")),
        s.raised(lambda: graph.create_node("call_function", "text")),
        s.raised(lambda: graph.create_node("call_method", operator.add)),
        s.said(lambda: graph.create_node("placeholder", "x", args=[1])),
        s.said(lambda: graph.create_node("placeholder", "x", kwargs=[1])),
        s.said(lambda: graph.inserting_before(node)),
        s.said(lambda: graph.inserting_after(node)),
        s.said(lambda: x.prepend(node)),
        s.said(lambda: s.torch.fx.map_arg(1, 2)),
        s.raised(lambda: graph.call_function(operator.add, (x, object()))),
    ]


def lint(s: Any) -> Any:
    graph, (_, _, total, product, _) = _small(s)
    total.prepend(product)
    order = s.said(graph.lint)
    fine, _ = _small(s)
    module = s.torch.fx.GraphModule(s.nn.Module(), fine)
    module.graph.get_attr("missing")
    absent = s.said(module.graph.lint)
    third, _ = _small(s)
    foreign, (x, *_) = _small(s)
    third.call_function(operator.neg, (x,))
    return [order.split(" ")[0], absent, s.raised(third.lint), s.said(foreign.lint)]


def traced_module(s: Any) -> Any:
    module = _net(s)
    traced = s.torch.fx.symbolic_trace(module)
    x = s.T(2, 3)
    return [
        traced.code,
        str(traced.graph),
        traced(x),
        traced(x, False),
        sorted(traced.state_dict()),
        [name for name, _ in traced.named_modules()],
        type(traced).__name__,
        traced.print_readable(False),
        [[n.op, str(n.target)] for n in traced.graph.nodes],
    ]


def modules_of_a_graph(s: Any) -> Any:
    traced = s.torch.fx.symbolic_trace(_net(s))
    added = [traced.add_submodule("extra.deep.relu", s.nn.ReLU()), traced.add_submodule("scale.x", s.nn.ReLU())]
    names = [name for name, _ in traced.named_modules()]
    removed = [traced.delete_submodule(name) for name in ("extra.deep.relu", "nothing.here", "extra", "scale")]
    traced.add_submodule("unused", s.nn.Tanh())
    traced.delete_all_unused_submodules()
    return [added, names, removed, [name for name, _ in traced.named_modules()], traced(s.T(1, 3))]


def a_graph_that_was_changed(s: Any) -> Any:
    traced = s.torch.fx.symbolic_trace(_net(s))
    for node in traced.graph.nodes:
        if node.op == "call_function" and node.target is operator.mul:
            node.target = operator.sub
    before = traced(s.T(2, 3))
    traced.recompile()
    twin, shallow = copy.deepcopy(traced), copy.copy(traced)
    with s.torch.no_grad():
        traced.scale.add_(1)
    return [before, traced(s.T(2, 3)), twin(s.T(2, 3)), shallow(s.T(2, 3)), twin.code == traced.code]


def graph_modules_of_dicts(s: Any) -> Any:
    graph = s.torch.fx.Graph()
    x = graph.placeholder("x")
    weight = graph.get_attr("part.weight")
    graph.output(graph.call_module("act", (graph.call_function(s.torch.mul, (x, weight)),)))
    module = s.torch.fx.GraphModule({"act": s.nn.ReLU(), "part.weight": s.T(3)}, graph, "Named")
    said = s.said(lambda: s.torch.fx.GraphModule({"act": s.nn.ReLU()}, graph))
    return [
        module(s.T(3) + 0.2),
        type(module).__name__,
        repr(module),
        said,
        s.raised(lambda: s.torch.fx.GraphModule(3, graph)),
    ]


def code_transformed(s: Any) -> Any:
    traced = s.torch.fx.symbolic_trace(lambda x: x.sin() + 1)
    seen = []

    def outer(current: Any) -> Any:
        seen.append(current is None)
        return lambda lines: [line.replace("sin", "cos") for line in lines]

    with traced.graph.on_generate_code(outer):
        traced.recompile()
        inside = [traced.code, traced(s.T(2))]
    traced.recompile()
    return [inside, traced.code, traced(s.T(2)), seen]


def interpreted(s: Any) -> Any:
    torch = s.torch
    traced = torch.fx.symbolic_trace(_net(s))

    class Watched(torch.fx.Interpreter):
        def run_node(self, node: Any) -> Any:
            result = super().run_node(node)
            log.append([node.name, list(result.shape) if isinstance(result, torch.Tensor) else str(result)])
            return result

        def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
            return super().call_function(operator.add if target is operator.mul else target, args, kwargs)

    log: list[Any] = []
    watched = Watched(traced)
    changed = watched.run(s.T(2, 3))
    plain = torch.fx.Interpreter(traced)
    start = {node: s.T(2, 2) for node in traced.graph.nodes if node.name == "mul"}
    return [
        changed,
        log,
        [node.name for node in watched.env],
        plain.run(s.T(2, 3), False),
        plain.run(s.T(2, 3), initial_env=start),
        torch.fx.Interpreter(traced, garbage_collect_values=False).run(s.T(1, 3)),
        s.raised(lambda: plain.run()),
        s.said(lambda: plain.run(s.T(2, 7))).split(":")[0],
    ]


def transformed(s: Any) -> Any:
    torch = s.torch

    class Swap(torch.fx.Transformer):
        def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
            return super().call_function(operator.sub if target is operator.add else target, args, kwargs)

        def call_method(self, target: Any, args: Any, kwargs: Any) -> Any:
            return super().call_method("sigmoid" if target == "neg" else target, args, kwargs)

    traced = torch.fx.symbolic_trace(lambda x, y=3.0: x.neg() + y)
    new = Swap(traced).transform()
    same = torch.fx.Transformer(torch.fx.symbolic_trace(_net(s))).transform()
    return [new.code, new(s.T(3)), new(s.T(3), 1.0), same.code, same(s.T(2, 3)), [n.name for n in same.graph.nodes]]


def shapes_propagated(s: Any) -> Any:
    from importlib import import_module

    passes = import_module(f"{s.torch.__name__}.fx.passes.shape_prop")
    traced = s.torch.fx.symbolic_trace(_net(s))
    result = passes.ShapeProp(traced).propagate(s.T(5, 3))
    metas = {n.name: n.meta["tensor_meta"] for n in traced.graph.nodes if "tensor_meta" in n.meta}
    described = {
        name: [list(meta.shape), str(meta.dtype), meta.requires_grad, list(meta.stride), str(meta.memory_format)]
        for name, meta in metas.items()
    }
    nested = s.torch.fx.symbolic_trace(lambda x: (x, [x + 1, {"a": x[0]}], 3))
    passes.ShapeProp(nested).propagate(s.T(2, 2))
    out = nested.graph.output_node().meta
    return [result, described, str(out.get("type")), [list(m.shape) for m in out["tensor_meta"][1][:1]]]


def patterns(s: Any) -> Any:
    torch, fx = s.torch, s.torch.fx

    def program(x: Any, w: Any) -> Any:
        a = torch.relu(x + w) * 2
        b = torch.relu(w + x) * 3
        return torch.relu(a + b), a

    traced = fx.symbolic_trace(program)
    matches = fx.replace_pattern(traced, lambda p, q: torch.relu(p + q), lambda p, q: torch.sigmoid(p - q))
    first = [traced.code, len(matches), [m.anchor.name for m in matches], traced(s.T(3), s.T(3) + 1)]
    found = [sorted((str(k), str(v)) for k, v in match.nodes_map.items()) for match in matches]
    literals = fx.symbolic_trace(lambda x: torch.add(x, 1) + torch.add(x, 2))
    kept = fx.replace_pattern(literals, lambda x: torch.add(x, 1), lambda x: torch.mul(x, 5))
    return [first, found, literals.code, len(kept), fx.replace_pattern(literals, lambda x: x.erf(), lambda x: x) == []]


def matcher_options(s: Any) -> Any:
    from importlib import import_module

    utils = import_module(f"{s.torch.__name__}.fx.passes.utils.matcher_utils")
    trace = s.torch.fx.symbolic_trace
    graph = trace(lambda x, y: s.torch.relu(x + y) + s.torch.relu(x + 1) + s.torch.relu(s.torch.relu(y) + 2)).graph
    answers = []
    for pattern in (
        lambda a, b: s.torch.relu(a + b),
        lambda a: s.torch.relu(a + 1),
        lambda a: s.torch.relu(s.torch.relu(a)),
        lambda a: s.torch.relu(a),
        lambda a, b: (a + b, s.torch.relu(a)),
        lambda a: a + a,
    ):
        for options in (
            {},
            {"match_placeholder": True},
            {"match_output": True},
            {"ignore_literals": True},
            {"remove_overlapping_matches": False},
        ):
            found = utils.SubgraphMatcher(trace(pattern).graph, **options).match(graph)
            answers.append([[sorted(f"{k}={v}" for k, v in m.nodes_map.items()) for m in found], str(options)])
            answers.append([[str(m.placeholder_nodes), str(m.returning_nodes), str(m.anchors)] for m in found])
    whole = utils.SubgraphMatcher(graph, match_output=True).match(graph)
    return [answers, len(whole), s.said(lambda: utils.SubgraphMatcher(s.torch.fx.Graph()))]


def splits(s: Any) -> Any:
    from importlib import import_module

    split_module = import_module(f"{s.torch.__name__}.fx.passes.split_module").split_module
    module = _net(s)
    answers = []
    for parts in ((0, 1), (0, 1, 2), (2, 0)):
        traced = s.torch.fx.symbolic_trace(module)
        order = {n.name: i for i, n in enumerate(traced.graph.nodes)}
        chosen = lambda n, order=order, parts=parts: parts[order[n.name] * len(parts) // len(order)]  # noqa: E731
        if parts == (2, 0):

            def chosen(n):
                return "abc"[
                    ("first", "rest").index(n.name[:5].rstrip("_"))
                    if n.op == "call_module" and n.name[:5].rstrip("_") in ("first", "rest")
                    else 2
                ]

        result = split_module(traced, module, chosen)
        pieces = {name: child.code for name, child in result.named_children()}
        answers.append([result.code, pieces, result(s.T(2, 3))])
    return answers


def proxies(s: Any) -> Any:
    torch = s.torch

    def program(x: Any, items: Any, *rest: Any, key: Any = None) -> Any:
        first, second = x.shape[0], x.size(1)
        y = x[first - 1 :, None, ...].to(torch.float32)
        y += 1
        y = -y // 2 + abs(y) - (3 - y) % 2 + 2**y + y @ y.t()
        z = torch.cat([y, items["a"]], dim=1) if key is None else y
        return {"z": z, "t": (second, torch.add(z, 1, alpha=2)), "r": rest, "c": (z > 0) & ~(z == 1) | (z != 2)}

    traced = torch.fx.symbolic_trace(program)
    refused = [
        s.said(lambda: torch.fx.symbolic_trace(lambda x: 1 if x else 2)),
        s.said(lambda: torch.fx.symbolic_trace(lambda x: list(x))),
        s.said(lambda: torch.fx.symbolic_trace(lambda x: len(x))),
        s.said(lambda: torch.fx.symbolic_trace(lambda x: range(x))),
        s.said(lambda: torch.fx.symbolic_trace(lambda x: {**x})),
        s.raised(lambda: torch.fx.symbolic_trace(lambda x: int(x))),
    ]
    keys = torch.fx.symbolic_trace(lambda x: x.keys())
    return [traced.code, str(traced.graph), refused, keys.code]


def unpacked(s: Any) -> Any:
    def program(x: Any) -> Any:
        a, b = x
        (c, d), e = b, a
        return a + c * d - e

    traced = s.torch.fx.symbolic_trace(program)
    return [traced.code, traced((s.T(2), (s.T(2) + 1, s.T(2) - 1)))]


def _leaf(x: Any, n: int) -> Any:
    return x * n if n > 2 else x


def wrapped(s: Any) -> Any:
    torch = s.torch

    class Keep(torch.fx.Tracer):
        def is_leaf_module(self, module: Any, name: str) -> bool:
            seen.append(name)
            return name == "rest" or super().is_leaf_module(module, name)

    seen: list[str] = []
    module = _net(s)
    tracer = Keep()
    graph = tracer.trace(module)
    short = Keep(autowrap_functions=(_leaf,))
    return [
        str(graph),
        seen,
        [tracer.path_of_module(m) for m in (module.first, module.rest, module.rest[1])],
        s.said(lambda: tracer.path_of_module(s.nn.ReLU())).split(" ")[0],
        str(short.trace(_net(s), {"flag": False})),
        s.raised(lambda: torch.fx.wrap(3)),
    ]


def concrete_arguments(s: Any) -> Any:
    torch, hole = s.torch, s.torch.fx.PH

    def program(x: Any, pair: Any, flag: bool) -> Any:
        return x + pair[0] if flag else x - pair[1]

    traced = [
        torch.fx.symbolic_trace(program, concrete_args={"flag": True}),
        torch.fx.symbolic_trace(program, concrete_args={"flag": False, "pair": (hole, hole)}),
        torch.fx.symbolic_trace(lambda x, y: x * y, concrete_args={"y": 2.0}),
        torch.fx.symbolic_trace(lambda x, y: x["a"] * y[1], concrete_args={"x": {"a": hole}, "y": [1, hole]}),
    ]
    codes = [t.code for t in traced]
    values = [
        traced[1](s.T(2), (s.T(2) + 1, s.T(2)), False),
        traced[2](s.T(2), 2.0),
        traced[3]({"a": s.T(2)}, [1, 3.0]),
    ]
    return [codes, values, s.raised(lambda: traced[2](s.T(2), 3.0))]


def normalized(s: Any) -> Any:
    from importlib import import_module

    torch = s.torch
    schemas = import_module(f"{torch.__name__}.fx.operator_schemas")
    calls = [
        (torch.nn.functional.relu, (1,), {}),
        (torch.nn.functional.max_pool2d, (1, 2), {"padding": 1}),
        (torch.nn.functional.layer_norm, (1, (2,)), {"eps": 3}),
    ]
    answers = []
    for function, args, kwargs in calls:
        for named in (False, True):
            pair = schemas.normalize_function(function, args, kwargs, normalize_to_only_use_kwargs=named)
            answers.append(
                None if pair is None else [list(map(str, pair.args)), {k: str(v) for k, v in pair.kwargs.items()}]
            )
    traced = torch.fx.symbolic_trace(_net(s))
    for node in traced.graph.nodes:
        pair = node.normalized_arguments(traced, normalize_to_only_use_kwargs=True)
        if node.op == "call_module":
            answers.append([node.name, list(map(str, pair.args)), {k: str(v) for k, v in pair.kwargs.items()}])
    return answers


def aggregates(s: Any) -> Any:
    fx = s.torch.fx
    nested = [1, (2, {"a": 3}), slice(4, None, 5), "text", None]
    mapped = fx.node.map_aggregate(nested, lambda x: x + 1 if isinstance(x, int) else x)
    frozen = fx.immutable_collections.immutable_list([1, 2])
    table = fx.immutable_collections.immutable_dict({"a": 1})
    refused = [
        s.said(lambda: frozen.append(3)),
        s.said(lambda: frozen.__setitem__(0, 1)),
        s.said(lambda: table.update(b=1)),
        s.said(lambda: table.__delitem__("a")),
    ]
    return [str(mapped), repr(frozen), repr(table), refused, hash(frozen) == hash((1, 2)), type(mapped).__name__]


def names_of_families(s: Any) -> Any:
    """Functions of ``fft``, ``linalg`` and ``special`` go by the names that PyTorch's extension has for them."""

    def program(x: Any) -> Any:
        transformed = s.torch.fft.ifft(s.torch.fft.fftshift(s.torch.fft.fft(x))).real
        inverse = s.torch.linalg.inv(transformed @ transformed.T)
        smooth = s.torch.special.i0(s.torch.special.expit(inverse))
        return s.torch.linalg.svdvals(smooth), s.torch.linalg.vector_norm(smooth), s.F.logsigmoid(smooth)

    traced = s.torch.fx.symbolic_trace(program)
    found = [
        s.torch._C._fft.fft_ifft is s.torch.fft.ifft,
        s.torch._C._linalg.linalg_norm is s.torch.linalg.norm,
        s.torch._C._special.special_erf is s.torch.special.erf,
        s.said(lambda: s.torch._C._fft.fft_nothing),
    ]
    x = s.T(3, 3) + s.torch.eye(3, dtype=s.torch.float64)
    code = traced.code.replace("torch.nn.functional.logsigmoid", "torch._C._nn.log_sigmoid")
    return [str(traced.graph), code, found[:3], found[3].partition(":")[0], traced(x)]
