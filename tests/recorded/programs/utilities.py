"""Utilities of layers: parametrizations, pruning, norms of gradients, packed sequences, fusion, initializers."""

import copy
from typing import Any


def parametrized(s: Any) -> Any:
    from importlib import import_module

    P = import_module(f"{s.torch.__name__}.nn.utils.parametrize")

    class Double(s.nn.Module):
        def forward(self, x: Any) -> Any:
            return x * 2

        def right_inverse(self, x: Any) -> Any:
            return x / 2

    class Pair(s.nn.Module):
        def forward(self, a: Any, b: Any) -> Any:
            return a + b

        def right_inverse(self, x: Any) -> Any:
            return x * 0.25, x * 0.75

    layer = s.fill(s.nn.Linear(2, 2))
    start = layer.weight.detach().clone()
    trail = [P.is_parametrized(layer)]
    P.register_parametrization(layer, "weight", Double())
    trail += [
        P.is_parametrized(layer),
        P.is_parametrized(layer, "bias"),
        layer.weight,
        layer.parametrizations.weight.original,
    ]
    P.register_parametrization(layer, "weight", Double())
    trail += [
        repr(layer),
        sorted(layer.state_dict()),
        layer.parametrizations.weight.original,
        [n for n, _ in layer.named_parameters()],
    ]
    layer.weight = start * 3
    trail += [layer.weight, layer.parametrizations.weight.original, P.type_before_parametrizations(layer).__name__]
    with P.cached():
        trail.append(layer.weight is layer.weight)
    trail.append(layer.weight is layer.weight)
    twin = copy.deepcopy(layer)
    other = s.fill(s.nn.Linear(2, 2))
    P.transfer_parametrizations_and_params(layer, other)
    trail += [type(twin).__name__, twin.weight, other.weight, P.is_parametrized(other)]
    P.remove_parametrizations(layer, "weight")
    trail += [type(layer).__name__, layer.weight, P.is_parametrized(layer)]
    P.register_parametrization(layer, "bias", Pair())
    trail += [layer.bias, sorted(layer.state_dict())]
    P.remove_parametrizations(layer, "bias", leave_parametrized=True)
    trail += [layer.bias, type(layer.bias).__name__]
    return trail


def parametrizations_refused(s: Any) -> Any:
    from importlib import import_module

    P, nn = import_module(f"{s.torch.__name__}.nn.utils.parametrize"), s.nn

    def made(forward: Any, inverse: Any = None) -> Any:
        body = {"forward": lambda self, *x: forward(*x)}
        if inverse:
            body["right_inverse"] = lambda self, x: inverse(x)
        return type("Made", (nn.Module,), body)()

    layer = lambda: s.fill(nn.Linear(2, 2))  # noqa: E731
    cases = [
        made(lambda x: x.float()),
        made(lambda x: x[:1]),
        made(lambda x: 3),
        made(lambda x: x, lambda x: 3),
        made(lambda x: x, lambda x: x.float()),
        made(lambda x: x, lambda x: (3,)),
        made(lambda a, b: a, lambda x: (x.float(), x)),
    ]
    refused = [s.raised(lambda c=c: P.register_parametrization(layer(), "weight", c)) for c in cases]
    one = layer()
    P.register_parametrization(one, "weight", nn.Identity())
    refused += [
        s.said(lambda: P.register_parametrization(layer(), "nothing", nn.Identity())).split(":")[0],
        s.said(lambda: P.register_parametrization(layer(), "in_features", nn.Identity())).split(":")[0],
        s.raised(lambda: P.remove_parametrizations(layer(), "weight")),
        s.raised(lambda: P.remove_parametrizations(one, "bias")),
        s.raised(lambda: P.register_parametrization(one, "weight", made(lambda x: x[:1]))),
        s.raised(lambda: setattr(one, "weight", s.T(3, 3).float())),
    ]
    P.register_parametrization(layer(), "weight", made(lambda x: x[:1]), unsafe=True)
    no_way_back = layer()
    P.register_parametrization(no_way_back, "weight", made(lambda x: x + 1))
    refused.append(s.said(lambda: setattr(no_way_back, "weight", s.T(2, 2))).split(".")[0])
    return [refused, no_way_back.weight]


def norms_of_weights(s: Any) -> Any:
    N, legacy, answers = s.utils.parametrizations, s.utils, []
    for dim in (0, 1, -1, None):
        layer = N.weight_norm(s.fill(s.nn.Linear(3, 2)), dim=dim)
        old = legacy.weight_norm(s.fill(s.nn.Linear(3, 2)), dim=dim)
        x = s.T(2, 3)
        g = s.torch.autograd.grad(layer(x).sum(), list(layer.parameters()))
        answers.append(
            [dim, layer.weight, g, sorted(layer.state_dict()), old(x), sorted(old.state_dict()), old.weight_g]
        )
        legacy.remove_weight_norm(old)
        answers.append([sorted(old.state_dict()), old(x)])
    conv = N.weight_norm(s.fill(s.nn.Conv2d(2, 3, 2)), dim=1)
    refused = [
        s.said(lambda: legacy.remove_weight_norm(s.nn.Linear(1, 1))),
        s.said(lambda: legacy.weight_norm(legacy.weight_norm(s.nn.Linear(1, 1)))),
        s.raised(lambda: N.weight_norm(s.nn.Linear(1, 1), "nothing")),
    ]
    loaded = N.weight_norm(s.fill(s.nn.Linear(3, 2)))
    state = legacy.weight_norm(s.fill(s.nn.Linear(3, 2))).state_dict()
    loaded.load_state_dict({name: value * 2 for name, value in state.items()})
    return [answers, conv.weight, refused, loaded.weight]


def spectral_norms(s: Any) -> Any:
    N, answers = s.utils.parametrizations, []
    for options in ({}, {"n_power_iterations": 3}, {"dim": 1}, {"eps": 0.5}):
        s.torch.manual_seed(2)
        layer = N.spectral_norm(s.fill(s.nn.Linear(3, 4)), **options)
        for _ in range(60 if not options.get("eps") else 1):
            layer.weight  # noqa: B018
        values = s.torch.linalg.svdvals(layer.weight.detach())
        layer.eval()
        answers.append(
            [
                values[:1] if not options.get("eps") else None,
                sorted(layer.state_dict()),
                bool((layer.weight == layer.weight).all()),
            ]
        )
    s.torch.manual_seed(2)
    old = s.utils.spectral_norm(s.fill(s.nn.Linear(3, 4)), n_power_iterations=50)
    old(s.T(1, 3))
    names = sorted(old.state_dict())
    top = s.torch.linalg.svdvals(old.weight.detach())[:1]
    s.utils.remove_spectral_norm(old)
    one = N.spectral_norm(s.fill(s.nn.PReLU(3)))
    refused = [
        s.said(lambda: N.spectral_norm(s.nn.Linear(2, 2), n_power_iterations=0)),
        s.said(lambda: s.utils.spectral_norm(s.nn.Linear(2, 2), n_power_iterations=0)),
        s.said(lambda: s.utils.spectral_norm(s.utils.spectral_norm(s.nn.Linear(2, 2)))),
        s.said(lambda: s.utils.remove_spectral_norm(s.nn.Linear(2, 2))),
        s.said(lambda: N.spectral_norm(s.nn.Linear(2, 2), dim=5)),
    ]
    return [answers, names, top, sorted(old.state_dict()), one.weight, refused]


def orthogonal_weights(s: Any) -> Any:
    torch, N, answers = s.torch, s.utils.parametrizations, []
    for shape in ((4, 3), (3, 4), (3, 3)):
        for kind in ("matrix_exp", "cayley", "householder", None):
            for trivial in (True, False):
                layer = s.nn.Linear(shape[1], shape[0], bias=False).double()
                torch.nn.init.orthogonal_(layer.weight)
                layer = N.orthogonal(layer, orthogonal_map=kind, use_trivialization=trivial)
                w = layer.weight.detach()
                near = w @ w.mT if shape[0] <= shape[1] else w.mT @ w
                with torch.no_grad():
                    layer.parametrizations.weight.original.add_(s.T(*shape) * 0.1)
                w = layer.weight.detach()
                moved = w @ w.mT if shape[0] <= shape[1] else w.mT @ w
                answers.append(
                    [
                        shape,
                        str(kind),
                        trivial,
                        near.round(decimals=6).abs(),
                        moved.round(decimals=6).abs(),
                        sorted(layer.state_dict()),
                    ]
                )
    refused = [
        s.said(lambda: N.orthogonal(s.nn.Linear(2, 2), orthogonal_map="none")),
        s.said(lambda: N.orthogonal(s.nn.Linear(2, 2), "bias")),
    ]
    refused.append(s.said(lambda: N.orthogonal(s.nn.Linear(2, 2), "nothing")))
    return [answers, refused]


def norms_of_gradients(s: Any) -> Any:
    torch, answers = s.torch, []

    def params(*more: Any) -> list[Any]:
        made = [s.T(2, 3).requires_grad_(), s.T(4).requires_grad_(), s.T(1).requires_grad_()]
        for i, p in enumerate(made[:2]):
            p.grad = s.T(*p.shape, shift=1.0 + i)
        return [*made, *more]

    for kind in (2.0, 1.0, 0.5, float("inf"), 3):
        for most in (0.1, 1.0, 100.0):
            for foreach in (None, True, False):
                ps = params()
                total = s.utils.clip_grad_norm_(ps, most, norm_type=kind, foreach=foreach)
                answers.append([total, ps[0].grad, ps[1].grad])
    ps = params()
    s.utils.clip_grad_value_(ps, 0.5)
    values = [ps[0].grad, ps[1].grad]
    s.utils.clip_grad_value_(ps[0], 0.1, foreach=False)
    one = s.utils.clip_grad_norm_(params()[0], 1.0)
    total = s.utils.get_total_norm([s.T(3), s.T(2)], 2.0)
    ps = params()
    s.utils.clip_grads_with_norm_(ps, 0.5, torch.tensor(2.0).double())
    bad = params()
    bad[0].grad[0] = float("nan")
    return [
        answers,
        values,
        ps[0].grad,
        one,
        total,
        s.utils.get_total_norm([]),
        s.utils.clip_grad_norm_([], 1.0),
        s.said(lambda: s.utils.clip_grad_norm_(bad, 1.0, error_if_nonfinite=True)),
        s.utils.clip_grad_norm_(bad, 1.0).isnan(),
        s.utils.clip_grad_norm_((p for p in params()), 1.0),
    ]


def vectors_of_parameters(s: Any) -> Any:
    net = s.fill(s.nn.Sequential(s.nn.Linear(2, 2), s.nn.Linear(2, 1)))
    vector = s.utils.parameters_to_vector(net.parameters())
    s.utils.vector_to_parameters(vector * 2, net.parameters())
    refused = [
        s.said(lambda: s.utils.vector_to_parameters([1.0], net.parameters())),
        s.raised(lambda: s.utils.vector_to_parameters(vector[:2], net.parameters())),
    ]
    return [vector, net[0].weight, net[1].bias, refused]


def packed_sequences(s: Any) -> Any:
    rnn, parts = s.utils.rnn, [s.T(4, 2), s.T(2, 2, shift=0.1), s.T(3, 2, shift=0.2)]
    answers = []
    for first in (True, False):
        padded = rnn.pad_sequence(parts, batch_first=first, padding_value=-1.0)
        packed = rnn.pack_padded_sequence(padded, [4, 2, 3], batch_first=first, enforce_sorted=False)
        back, lengths = rnn.pad_packed_sequence(packed, batch_first=first, padding_value=9.0, total_length=5)
        answers.append(
            [
                padded.clone(),
                packed.data,
                packed.batch_sizes,
                packed.sorted_indices,
                packed.unsorted_indices,
                back,
                lengths,
            ]
        )
        answers.append([rnn.unpad_sequence(padded, s.torch.tensor([4, 2, 3]), batch_first=first)])
    left = rnn.pad_sequence(parts, batch_first=True, padding_side="left")
    packed = rnn.pack_sequence(sorted(parts, key=len, reverse=True))
    unpacked = rnn.unpack_sequence(packed)
    moved = packed.to(s.torch.float32)
    refused = [
        s.said(lambda: rnn.pack_sequence(parts)),
        s.said(lambda: rnn.pack_padded_sequence(s.T(2, 2, 2), [0, 2], batch_first=True, enforce_sorted=False)),
        s.said(lambda: rnn.pack_padded_sequence(s.T(2, 2, 2), [2], batch_first=True)),
        s.raised(lambda: rnn.pad_sequence(3)),
        s.raised(lambda: rnn.pad_sequence([])),
        s.said(lambda: rnn.pad_packed_sequence(packed, total_length=3)),
        s.raised(lambda: rnn.pad_sequence(parts, padding_side="middle")),
    ]
    kinds = [
        moved.data.dtype == s.torch.float32,
        packed.is_cuda,
        packed.is_pinned(),
        str(packed.long().data.dtype),
        str(packed.half().data.dtype),
        str(packed.int().data.dtype),
    ]
    inverted = rnn.invert_permutation(s.torch.tensor([2, 0, 1])), rnn.invert_permutation(None)
    return [
        answers,
        left,
        packed.data,
        unpacked,
        refused,
        kinds,
        inverted,
        [type(packed).__name__, len(packed), packed.unsorted_indices],
    ]


def packed_through_layers(s: Any) -> Any:
    answers = []
    for make in (s.nn.RNN, s.nn.GRU, s.nn.LSTM):
        for options in ({}, {"num_layers": 2, "bidirectional": True}, {"batch_first": True}):
            layer = s.fill(make(2, 3, **options))
            packed = s.utils.rnn.pack_sequence(
                [s.T(2, 2), s.T(4, 2, shift=0.3), s.T(1, 2, shift=0.5)], enforce_sorted=False
            )
            out, state = layer(packed)
            answers.append(
                [
                    make.__name__,
                    out.data,
                    out.batch_sizes,
                    out.unsorted_indices,
                    state if isinstance(state, tuple) else [state],
                ]
            )
    return answers


def pruning(s: Any) -> Any:
    prune, answers = s.prune, []

    def layer() -> Any:
        return s.fill(s.nn.Linear(3, 4))

    for name, args in (
        ("l1_unstructured", (0.25,)),
        ("l1_unstructured", (12,)),
        ("ln_structured", (1, 2, 0)),
        ("ln_structured", (0.5, 1, 1)),
        ("ln_structured", (0.67, float("inf"), -1)),
        ("identity", ()),
    ):
        m = getattr(prune, name)(layer(), "weight", *args)
        answers.append([name, m.weight, m.weight_mask, sorted(m.state_dict()), len(m._forward_pre_hooks), m(s.T(1, 3))])
        prune.remove(m, "weight")
        answers.append([m.weight, sorted(m.state_dict()), prune.is_pruned(m)])
    scored = prune.l1_unstructured(layer(), "weight", 3, importance_scores=s.T(4, 3, shift=2.0))
    s.torch.manual_seed(0)
    counts = [int(prune.random_unstructured(layer(), "weight", n).weight_mask.sum()) for n in (0, 3, 0.5, 1.0)]
    rows = [
        prune.random_structured(layer(), "weight", n, d).weight_mask.sum().item() for n, d in ((1, 0), (0.5, 1), (2, 0))
    ]
    twice = prune.custom_from_mask(prune.l1_unstructured(layer(), "weight", 4), "weight", s.I(2, 4, 3))
    hooks = [type(h).__name__ for h in twice._forward_pre_hooks.values()]
    chain = [type(h).__name__ for h in next(iter(twice._forward_pre_hooks.values()))]
    net = s.nn.Sequential(layer(), s.fill(s.nn.Linear(4, 2)))
    pairs = [(net[0], "weight"), (net[1], "weight")]
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.5, importance_scores={pairs[0]: s.T(4, 3)})
    masks = [net[0].weight_mask, net[1].weight_mask]
    grads = s.torch.autograd.grad(twice(s.T(1, 3)).sum(), twice.weight_orig)
    return [answers, scored.weight_mask, counts, rows, twice.weight_mask, hooks, chain, masks, grads]


def pruning_refused(s: Any) -> Any:
    prune = s.prune
    layer = lambda: s.fill(s.nn.Linear(3, 4))  # noqa: E731
    return [
        s.said(lambda: prune.l1_unstructured(layer(), "weight", -1)),
        s.said(lambda: prune.l1_unstructured(layer(), "weight", 1.5)),
        s.said(lambda: prune.l1_unstructured(layer(), "weight", 13)),
        s.said(lambda: prune.l1_unstructured(layer(), "weight", "a")),
        s.said(lambda: prune.ln_structured(layer(), "bias", 1, 2, 0)),
        s.said(lambda: prune.ln_structured(layer(), "weight", 1, 2, 7)),
        s.said(lambda: prune.ln_structured(layer(), "weight", 9, 2, 0)),
        s.said(lambda: prune.remove(layer(), "weight")).split("Linear")[0],
        s.said(lambda: prune.custom_from_mask(layer(), "weight", s.T(2))).split(" ")[0],
        s.said(lambda: prune.l1_unstructured(layer(), "weight", 1, importance_scores=s.T(2))).split(" ")[0],
        s.said(lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1)),
        s.raised(lambda: prune.global_unstructured([(layer(), "weight")], prune.LnStructured, amount=1, n=1)),
        s.said(
            lambda: prune.global_unstructured(
                [(layer(), "weight")], prune.L1Unstructured, importance_scores=3, amount=1
            )
        ),
        s.raised(lambda: prune.l1_unstructured(layer(), "nothing", 1)),
        s.said(lambda: prune.PruningContainer().add_pruning_method(3)),
    ]


def pruning_tensors(s: Any) -> Any:
    prune = s.prune
    methods = [
        prune.L1Unstructured(2),
        prune.L1Unstructured(0.5),
        prune.LnStructured(1, 2, 0),
        prune.LnStructured(0.5, 1, 1),
        prune.Identity(),
    ]
    pruned = [m.prune(s.T(4, 3)) for m in methods]
    masked = [m.prune(s.T(4, 3), default_mask=s.M(4, 3).double()) for m in methods]
    scored = [m.prune(s.T(4, 3), importance_scores=s.T(4, 3, shift=1.9)) for m in methods[:4]]
    methods[0]._tensor_name = methods[2]._tensor_name = "weight"
    container = prune.PruningContainer(methods[0])
    container.add_pruning_method(methods[2])
    return [
        pruned,
        masked,
        scored,
        len(container),
        type(container[1]).__name__,
        container.compute_mask(s.T(4, 3), s.torch.ones(4, 3).double()),
    ]


def fused_layers(s: Any) -> Any:
    nn, fuse, answers = s.nn, s.utils.fusion, []
    for conv, norm, shape in (
        (nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), (2, 2, 5)),
        (nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3), (1, 2, 4, 4)),
        (nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3), (1, 2, 3, 3)),
        (nn.Linear(2, 3), nn.BatchNorm1d(3), (4, 2)),
    ):
        pair = nn.Sequential(s.fill(conv), s.fill(norm))
        pair(s.T(*shape))
        pair.eval()
        transposed = isinstance(conv, nn.ConvTranspose2d)
        fused = (
            fuse.fuse_linear_bn_eval(*pair)
            if isinstance(conv, nn.Linear)
            else fuse.fuse_conv_bn_eval(*pair, transpose=transposed)
        )
        answers.append([fused(s.T(*shape)), fused.weight, fused.bias])
    plain = fuse.fuse_conv_bn_weights(s.T(3, 2, 2), None, s.T(3), s.P(3), 1e-3, None, None)
    linear = fuse.fuse_linear_bn_weights(s.T(3, 2), s.T(3), s.T(3), s.P(3), 1e-3, s.P(3), s.T(3))
    refused = [
        s.said(lambda: fuse.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1))),
        s.raised(lambda: fuse.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), nn.BatchNorm1d(2).eval())),
    ]
    return [answers, plain, linear, refused]


def skipped_initialization(s: Any) -> Any:
    made = s.utils.skip_init(s.nn.Linear, 3, 2)
    refused = [
        s.said(lambda: s.utils.skip_init(lambda: 3)),
        s.said(lambda: s.utils.skip_init(type("Plain", (s.nn.Module,), {"__init__": lambda self: None}))),
    ]
    images = s.utils.convert_conv2d_weight_memory_format(s.nn.Sequential(s.nn.Conv2d(2, 3, 3)), s.torch.channels_last)
    return [
        type(made).__name__,
        list(made.weight.shape),
        str(made.weight.device),
        [r.split(" ")[0] for r in refused],
        images[0].weight.stride(),
    ]


def initializers(s: Any) -> Any:
    init, torch = s.init, s.torch
    fixed = [
        init.constant_(s.T(2, 2), 3.0),
        init.ones_(s.T(2)),
        init.zeros_(s.T(2)),
        init.eye_(s.T(2, 3)),
        init.dirac_(s.T(2, 2, 3)),
        init.dirac_(s.T(4, 2, 3, 3), groups=2),
        init.dirac_(s.T(2, 1, 1, 1, 2)),
    ]
    gains = [
        init.calculate_gain(name)
        for name in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv_transpose3d")
    ]
    gains += [init.calculate_gain("leaky_relu", p) for p in (0.2, 1, 0)]
    torch.manual_seed(6)
    drawn = [
        init.uniform_(s.T(3), -2.0, 1.0),
        init.normal_(s.T(3), 1.0, 0.1),
        init.trunc_normal_(s.T(40), 0.5, 2.0, 0.0, 1.0).aminmax()[0] >= 0.0,
        init.xavier_uniform_(s.T(2, 3), 2.0),
        init.xavier_normal_(s.T(2, 3, 2)),
        init.kaiming_uniform_(s.T(2, 3), 0.1),
        init.kaiming_uniform_(s.T(2, 3), mode="fan_out", nonlinearity="relu"),
        init.kaiming_normal_(s.T(2, 3, 2), mode="fan_out"),
        (init.sparse_(s.T(5, 4), 0.4) == 0).sum(0),
    ]
    square = init.orthogonal_(s.T(3, 3))
    made = init.orthogonal_(s.T(4, 2), 2.0)
    refused = [
        s.said(lambda: init.calculate_gain("nothing")),
        s.said(lambda: init.calculate_gain("leaky_relu", "a")),
        s.raised(lambda: init.eye_(s.T(2))),
        s.raised(lambda: init.dirac_(s.T(2))),
        s.raised(lambda: init.dirac_(s.T(3, 2, 2), 2)),
        s.said(lambda: init.xavier_uniform_(s.T(2))),
        s.said(lambda: init.kaiming_uniform_(s.T(2, 2), mode="fan")),
        s.said(lambda: init.orthogonal_(s.T(2))),
        s.raised(lambda: init.sparse_(s.T(2), 0.1)),
        s.said(lambda: init.kaiming_normal_(s.T(2))),
    ]
    generator = torch.Generator().manual_seed(1)
    own = [
        init.uniform_(s.T(2), generator=generator),
        init.xavier_normal_(s.T(2, 2), generator=generator),
        init.trunc_normal_(s.T(2), generator=generator),
    ]
    return [
        fixed,
        gains,
        drawn,
        (square @ square.mT).round(decimals=6).abs(),
        (made.mT @ made).round(decimals=6).abs(),
        refused,
        own,
    ]


def states_without_modules(s: Any) -> Any:
    layer = s.fill(s.nn.Linear(2, 2))
    out = s.utils.stateless.functional_call(layer, {"weight": s.T(2, 2)}, s.T(1, 2))
    tied = s.fill(s.nn.Sequential(s.nn.Linear(2, 2)))
    strict = s.said(
        lambda: s.utils.stateless.functional_call(tied, {"0.weight": s.T(2, 2)}, s.T(1, 2), strict=True)
    ).split("'")[0]
    return [
        out,
        strict,
        layer.weight,
        s.said(lambda: s.utils.stateless.functional_call(layer, {"nothing": s.T(1)}, s.T(1, 2))),
    ]


def dimensions_in_brackets(space: Any) -> Any:
    from importlib import import_module

    rearrange = import_module(
        "functorch.einops.rearrange" if space.torch.__name__ == "torch" else "ferrotorch._functorch.einops"
    )
    x = space.T(1, 2, 3, 4, 5)
    patterns = (
        "... -> (...)",
        "a ... e -> (a ...) e",
        "a ... e -> (...) (a e)",
        "a ... -> ... a",
        "a (b c) ... -> c (... b) a",
    )
    refused = ("a (...) e -> ... (a e)", "(...) -> (...)", "a b c d (...) -> ... a b c d", "(a ...) e -> a ... e")
    lengths = {"b": 1}
    given = [rearrange.rearrange(x, p, **(lengths if "(b c)" in p else {})) for p in patterns]
    return [given, [space.raised(lambda p=p: rearrange.rearrange(x, p)) for p in refused]]


def hooks_of_state_dicts_are_of_one_kind(space: Any) -> Any:
    module = space.nn.Linear(2, 1)
    calls: list[str] = []

    def note(module: Any, state: Any, prefix: str, metadata: Any) -> None:
        calls.append(prefix)

    handle = module.register_state_dict_post_hook(note)
    module.state_dict(prefix="p.")
    refused = space.said(lambda: module._register_state_dict_hook(note))
    same = handle.hooks_dict_ref() is module._state_dict_hooks
    handle.remove()
    module.state_dict()
    return [calls, refused, same]


def pipes_of_a_type(space: Any) -> Any:
    class Numbers(space.data.IterDataPipe[int]):
        def __iter__(self) -> Any:
            return iter(range(5))

    class Words(space.data.MapDataPipe[str]):
        def __getitem__(self, index: int) -> str:
            return "abc"[index]

        def __len__(self) -> int:
            return 3

    return [list(Numbers().map(lambda x: x + 1).batch(2)), [Words()[i] for i in range(3)]]
