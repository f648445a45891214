"""Trees of containers, nested and masked tensors, storages, sizes, and how tensors print."""

from collections import OrderedDict, defaultdict, deque
from importlib import import_module
from typing import Any, NamedTuple


class _Point(NamedTuple):
    x: Any
    y: Any


def _pytree(s: Any) -> Any:
    return import_module(f"{s.torch.__name__}.utils._pytree")


def _trees(s: Any) -> list[Any]:
    return [
        1,
        [],
        (1, [2, {"b": 3, "a": (4,)}]),
        OrderedDict([("z", 1), ("y", [2])]),
        defaultdict(list, {"k": [1, 2]}),
        deque([1, (2, 3)], maxlen=5),
        _Point(1, [2]),
        None,
        {"t": s.T(2), "n": None},
        [[[]], ()],
    ]


def trees(s: Any) -> Any:
    P, answers = _pytree(s), []
    for tree in _trees(s):
        leaves, spec = P.tree_flatten(tree)
        back = P.tree_unflatten(leaves, spec)
        doubled = P.tree_map(lambda x: [x], tree)
        shape = [
            repr(spec),
            spec.num_leaves,
            spec.num_nodes,
            spec.num_children,
            spec.is_leaf(),
            spec == P.tree_structure(tree),
        ]
        paths = [[P.keystr(path), value] for path, value in P.tree_flatten_with_path(tree)[0]]
        answers.append(
            [
                leaves,
                shape,
                str(back) if not isinstance(tree, dict) or "t" not in tree else "",
                str(doubled)[:200] if "tensor" not in str(doubled) else "",
                paths,
            ]
        )
        answers.append(
            [type(back).__name__, P.tree_leaves(tree), [P.keystr(p) for p, _ in P.tree_leaves_with_path(tree)]]
        )
    return answers


def maps_over_trees(s: Any) -> Any:
    P = _pytree(s)
    a, b = {"x": [1, 2], "y": (3,)}, {"x": [10, 20], "y": (30,)}
    seen: list[Any] = []
    P.tree_map_(seen.append, a)
    return [
        P.tree_map(lambda x, y: x + y, a, b),
        P.tree_map_with_path(lambda path, x: f"{P.keystr(path)}={x}", a),
        P.tree_map_only(int, lambda x: x + 1, [1, "a", 2.0]),
        P.tree_map_only((int, str), str, [1, "a", 2.0]),
        P.tree_map_only(lambda x: x == 1, str, [1, 2]),
        P.tree_map(
            len,
            [[1], [2, 3]],
            is_leaf=lambda x: isinstance(x, list) and len(x) < 3 and not any(isinstance(i, list) for i in x),
        ),
        [
            P.tree_all(lambda x: x > 0, a),
            P.tree_any(lambda x: x > 2, a),
            P.tree_all_only(int, lambda x: x > 1, [1, "a"]),
            P.tree_any_only(str, lambda x: x == "b", [1, "a"]),
        ],
        seen,
        P.tree_iter(a).__next__(),
        list(P.tree_iter([1, [2, (3,)]])),
        s.raised(lambda: P.tree_map(lambda x, y: x, a, [1, 2])),
        s.raised(lambda: P.tree_unflatten([1], P.tree_structure(a))),
        s.raised(lambda: P.tree_unflatten(3, P.tree_structure(a))),
    ]


def nodes_of_trees(s: Any) -> Any:
    P = _pytree(s)

    class Box:
        def __init__(self, *parts: Any) -> None:
            self.parts = parts

    P.register_pytree_node(
        Box,
        lambda box: (list(box.parts), len(box.parts)),
        lambda parts, n: Box(*parts),
        serialized_type_name="test.Box",
        to_dumpable_context=lambda n: n,
        from_dumpable_context=lambda n: n,
        flatten_with_keys_fn=lambda box: ([(P.SequenceKey(i), p) for i, p in enumerate(box.parts)], len(box.parts)),
    )
    try:
        leaves, spec = P.tree_flatten([Box(1, 2), Box()])
        text = P.treespec_dumps(spec)
        same = P.treespec_loads(text) == spec
        paths = [P.keystr(path) for path, _ in P.tree_flatten_with_path(Box(5, [6]))[0]]
        mapped = P.tree_map(lambda x: x + 1, Box(1, 2)).parts
        again = s.said(lambda: P.register_pytree_node(Box, list, tuple)).split("Box")[0][:10]
    finally:
        P._deregister_pytree_node(Box)
    gone = P.tree_leaves(Box(1))
    return [
        leaves,
        text,
        same,
        paths,
        list(mapped),
        again[:5],
        len(gone),
        P.tree_is_leaf(Box(1)),
        P.tree_is_leaf([1]),
        P.is_namedtuple(_Point(1, 2)),
        P.is_namedtuple_class(_Point),
    ]


def broadcast_trees(s: Any) -> Any:
    P = _pytree(s)
    spec = P.tree_structure({"a": [1, 2], "b": 3})
    return [
        P._broadcast_to_and_flatten(0, spec),
        P._broadcast_to_and_flatten({"a": 1, "b": 2}, spec),
        P._broadcast_to_and_flatten({"a": [1, 5], "b": 2}, spec),
        P._broadcast_to_and_flatten({"a": 1}, spec),
        P._broadcast_to_and_flatten([1, 2], spec),
        P.tree_structure([1, 2]) == P.tree_structure([3, 4]),
        P.tree_structure([1, 2]) == P.tree_structure((1, 2)),
        P.treespec_dumps(P.tree_structure([1, {"a": (2, None)}])),
        s.raised(lambda: P.treespec_loads("[5, {}]")),
        P.treespec_pprint(P.tree_structure([1, (2,)])),
        [repr(k) for k in (P.SequenceKey(1), P.MappingKey("a"), P.GetAttrKey("b"))],
        P.key_get({"a": [1, 5]}, (P.MappingKey("a"), P.SequenceKey(1))),
        [str(k) for k in (P.SequenceKey(1), P.MappingKey("a"), P.GetAttrKey("b"))],
    ]


def nested_tensors(s: Any) -> Any:
    nested, torch = s.torch.nested, s.torch
    parts = [s.T(2, 3), s.T(4, 3, shift=0.2)]
    answers = []
    for layout in (torch.strided, torch.jagged):
        n = nested.nested_tensor(parts, layout=layout)
        answers += [
            [n.is_nested, n.dim(), n.size(0), str(n.layout), str(n.dtype), n.numel(), n.requires_grad],
            list(n.unbind()),
            nested.to_padded_tensor(n, -1.0),
            nested.to_padded_tensor(n, 0.0, (2, 5, 3)),
            [list(x.unbind()) for x in (n * 2, n.sin(), -n, n + n, n.relu(), n.clone(), n.detach())],
        ]
    jagged = nested.nested_tensor(parts, layout=torch.jagged)
    made = nested.as_nested_tensor([p.requires_grad_() for p in (s.T(1, 2), s.T(3, 2))], layout=torch.jagged)
    answers += [
        jagged.offsets(),
        jagged.values(),
        list((jagged @ s.T(3, 2)).unbind()),
        list(s.F.linear(jagged, s.T(2, 3)).unbind()),
        list(s.F.softmax(jagged, -1).unbind()),
        list(s.F.layer_norm(jagged, (3,)).unbind()),
        jagged.sum(-1).values(),
        [made.requires_grad],
        nested.nested_tensor_from_jagged(s.T(5, 2), torch.tensor([0, 2, 5])).unbind()[1],
        list(nested.narrow(s.T(2, 5), 1, torch.tensor([0, 1]), torch.tensor([2, 4]), layout=torch.jagged).unbind()),
        list(nested.masked_select(s.T(2, 3), s.M(2, 3)).unbind()) if hasattr(nested, "masked_select") else [],
    ]
    return answers


def nested_tensors_refused(s: Any) -> Any:
    nested, torch = s.torch.nested, s.torch
    n = nested.nested_tensor([s.T(2), s.T(3)], layout=torch.jagged)
    other = nested.nested_tensor([s.T(3), s.T(2)], layout=torch.jagged)
    return [
        s.raised(lambda: nested.nested_tensor(3)),
        s.raised(lambda: nested.nested_tensor([s.T(2), s.T(2, 2)], layout=torch.jagged)),
        s.raised(lambda: nested.nested_tensor([s.T(2)], layout=torch.sparse_coo)),
        s.raised(lambda: nested.as_nested_tensor(3)),
        s.raised(lambda: n + other),
        s.raised(lambda: nested.nested_tensor_from_jagged(s.T(3))),
        s.raised(lambda: nested.nested_tensor_from_jagged(n)),
        s.raised(lambda: nested.narrow(s.T(2, 2), 1, 0, 1, layout=torch.sparse_coo)),
    ]


def masked_tensors(s: Any) -> Any:
    masked = s.torch.masked
    a = masked.masked_tensor(s.T(2, 3), s.M(2, 3))
    b = masked.masked_tensor(s.T(2, 3, shift=0.1), s.M(2, 3))
    outs = (
        a + b,
        a * 2,
        -a,
        a.sin(),
        a / b,
        a.abs(),
        a > b,
        a.clone(),
        a.t(),
        a[0],
        a.reshape(3, 2),
        a.sum(),
        a.sum(1),
        a.mean(0),
        a.amax(1),
        a.amin(),
        a.prod(0),
        a.to(s.torch.float32),
    )
    answers = [[out.get_data().masked_fill(~out.get_mask(), 0), out.get_mask()] for out in outs]
    plain = [
        a.to_tensor(9.0),
        a.get_mask(),
        str(a),
        repr(b[1]),
        a.dtype == s.torch.float64,
        list(a.shape),
        masked.is_masked_tensor(a),
        masked.is_masked_tensor(3),
    ]
    lead = masked.masked_tensor(s.T(3), s.M(3), requires_grad=True)
    (lead * 2).sum().backward()
    made = masked.as_masked_tensor(s.T(3), s.M(3))
    refused = [
        s.raised(lambda: masked.masked_tensor(s.T(2), s.M(3))),
        s.raised(lambda: masked.masked_tensor(s.T(2), s.T(2))),
        s.raised(lambda: masked.masked_tensor([1], [True])),
        s.raised(lambda: masked.masked_tensor(a, s.M(2, 3))),
        s.raised(lambda: a + masked.masked_tensor(s.T(2, 3), ~s.M(2, 3))),
        s.raised(lambda: a + s.T(2, 3)),
    ]
    return [answers, plain, lead.grad.to_tensor(0.0), made.to_tensor(1.0), refused]


def masked_functions(s: Any) -> Any:
    masked, x, m, answers = s.torch.masked, s.T(2, 4), s.M(2, 4), []
    for name in ("sum", "prod", "mean", "amax", "amin", "argmax", "argmin", "var", "std", "logsumexp", "median"):
        f = getattr(masked, name)
        for dim in (0, 1, -1):
            answers += [[name, dim, f(x, dim, keepdim=k, mask=m), f(x, dim, keepdim=k)] for k in (False, True)]
    for name in ("softmax", "log_softmax", "softmin", "cumsum", "cumprod", "normalize"):
        f = getattr(masked, name)
        args = (2.0,) if name == "normalize" else ()
        answers += [
            [name, f(x, *args, d, mask=m), f(x.float(), *args, d, mask=m, dtype=s.torch.float64), f(x, *args, d)]
            for d in (0, 1)
        ]
    answers += [
        [masked.norm(x, p, 1, mask=m), masked.norm(x, p, (0, 1), mask=m)]
        for p in (1.0, 2.0, 3.0, float("inf"), float("-inf"))
    ]
    answers += [
        masked.sum(x, mask=m),
        masked.sum(x, (0, 1), mask=m[0]),
        masked.mean(x, dtype=s.torch.float32, mask=m),
        masked.var(x, 1, unbiased=False, mask=m),
    ]
    answers += [
        masked.std(x, 1, unbiased=True, mask=m),
        masked.amax(s.I(5, 2, 3), 1, mask=s.M(2, 3)),
        masked.argmax(x, mask=m),
    ]
    none = s.torch.zeros(2, 4, dtype=s.torch.bool)
    answers += [getattr(masked, n)(x, 1, mask=none) for n in ("sum", "prod", "amax", "amin", "logsumexp", "softmax")]
    refused = [
        s.raised(lambda: masked.sum(x, mask=s.M(3))),
        s.raised(lambda: masked.sum(x, 5, mask=m)),
        s.raised(lambda: masked.softmax(x, 1, mask=3)),
        s.raised(lambda: masked.argmax(x, (0, 1), mask=m)),
        s.raised(lambda: masked.sum(x, (0, 0), mask=m)),
    ]
    return [answers, refused]


def sizes(s: Any) -> Any:
    size = s.torch.Size([2, 3, 4])
    return [
        repr(size),
        repr((*size, 5)),
        repr(size[1:]),
        repr(size * 2),
        size.numel(),
        size.count(3),
        size.index(4),
        hash(size) == hash((2, 3, 4)),
        size == (2, 3, 4),
        repr(size[-1]),
        repr(s.torch.Size()),
        type(size[:1]).__name__,
        s.raised(lambda: s.torch.Size(["a"])),
        s.raised(lambda: s.torch.Size([1.5])),
        s.raised(lambda: s.torch.Size(3)),
    ]


def storages(s: Any) -> Any:
    t = s.T(4)
    untyped, typed = t.untyped_storage(), t.storage()
    answers = [
        [
            len(untyped),
            untyped.nbytes(),
            untyped.size(),
            untyped.element_size(),
            str(untyped.device),
            untyped.is_cuda,
            untyped.is_pinned(),
        ],
        [len(typed), typed.nbytes(), typed.size(), typed.element_size(), str(typed.dtype), typed.tolist()],
        [typed[0], typed.clone().tolist(), untyped.tolist()[:4]],
    ]
    typed[0] = 5.0
    typed[1:3] = 7.0
    answers += [t.clone(), typed.float().tolist(), str(typed.half().dtype), typed.int().tolist(), typed.bool().tolist()]
    untyped[0] = 1
    copied = untyped.clone()
    copied.fill_(0)
    answers += [t.clone(), copied.tolist()[:3], untyped.copy_(copied).tolist()[:3], t.clone()]
    shown = [str(s.torch.FloatStorage([1.0, 2.0])), s.torch.DoubleStorage(2).size()]
    refused = [s.raised(lambda: untyped[99]), s.raised(lambda: typed[99])]
    return [answers, shown[0].replace("ferrotorch", "torch"), shown[1], refused]


def printed(s: Any) -> Any:
    torch, answers = s.torch, []
    tensors = [
        s.T(3),
        s.T(2, 2) * 1e6,
        s.T(3) * 1e-6,
        s.I(9, 2, 3),
        s.M(3),
        torch.complex(s.T(2), s.T(2)),
        s.T(2).half(),
        s.T(0),
        s.T(2, 0),
        s.T(1)[0],
        torch.tensor([float("nan"), float("inf"), 1.0]),
        torch.arange(2000),
        s.T(60, 60),
        s.T(3).requires_grad_(),
        (s.T(2).requires_grad_() * 2),
        torch.tensor([1e10, 1.0]),
        torch.tensor([1.0, 2.0]),
        torch.tensor(3),
        torch.zeros(2, device="meta"),
        s.T(2, 2, 2),
    ]
    options = [
        {},
        {"precision": 2},
        {"threshold": 5, "edgeitems": 1},
        {"linewidth": 30},
        {"sci_mode": True},
        {"sci_mode": False, "precision": 6},
        {"profile": "short"},
        {"profile": "full"},
    ]
    try:
        for option in options:
            torch.set_printoptions(profile="default")
            torch.set_printoptions(**option)
            answers += [repr(t) for t in (tensors[:10] if option.get("profile") == "full" else tensors)]
    finally:
        torch.set_printoptions(profile="default")
    with_context = []
    if hasattr(torch, "_tensor_str"):
        with torch._tensor_str.printoptions(precision=1):
            with_context.append(repr(s.T(2)))
        with_context += [repr(s.T(2)), torch._tensor_str.get_printoptions()["precision"]]
    return [answers, with_context, f"{s.T(1)[0]:.2f}", f"{s.I(5, 1)[0]:d}"]


def type_information(s: Any) -> Any:
    torch, answers = s.torch, []
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128):
        info = torch.finfo(dtype)
        answers.append(
            [
                repr(info),
                info.bits,
                info.eps,
                info.max,
                info.min,
                info.tiny,
                info.smallest_normal,
                info.resolution,
                info.dtype,
            ]
        )
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        info = torch.iinfo(dtype)
        answers.append([repr(info), info.bits, info.max, info.min, info.dtype])
    kinds = [
        [
            str(d),
            d.is_floating_point,
            d.is_complex,
            d.is_signed,
            d.itemsize,
            str(d.to_complex()) if d.is_floating_point and d != torch.bfloat16 else "",
        ]
        for d in (torch.float16, torch.float32, torch.int8, torch.bool, torch.complex64, torch.uint8)
    ]
    refused = [
        s.raised(lambda: torch.finfo(torch.int64)),
        s.raised(lambda: torch.iinfo(torch.float32)),
        s.raised(lambda: torch.iinfo(torch.bool)),
        s.raised(lambda: torch.finfo("a")),
    ]
    return [answers, kinds, refused, repr(torch.finfo()), s.raised(lambda: torch.iinfo())]
