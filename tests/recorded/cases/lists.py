"""Operations over lists of tensors."""

_UNARY = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "lgamma",
    "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "tan", "tanh", "trunc",
)  # fmt: skip
_LISTS = "[P(3), P(2, 2)]"
_OTHERS = "[P(3, shift=0.9), P(2, 2, shift=1.3)]"
_BINARY = ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "clamp_min", "clamp_max")
_IN_PLACE = "(lambda xs: [torch.foreach.{name}_(xs{rest}) is xs, xs])({lists})"

CASES: dict[str, list[str]] = {
    **{
        f"torch.foreach.{name}": [
            f"grads(lambda *xs: torch.foreach.{name}(xs), P(3), P(2, 2))",
            _IN_PLACE.format(name=name, rest="", lists=_LISTS),
        ]
        for name in _UNARY
    },
    **{
        f"torch.foreach.{name}": [
            f"torch.foreach.{name}({_LISTS}, {_OTHERS})",
            f"torch.foreach.{name}({_LISTS}, 0.5)",
            f"torch.foreach.{name}({_LISTS}, (0.5, 2.0))",
            _IN_PLACE.format(name=name, rest=f", {_OTHERS}", lists=_LISTS),
            f"raised(lambda: torch.foreach.{name}({_LISTS}, [T(3)]))",
        ]
        for name in _BINARY
    },
    "torch.foreach.alpha": [
        f"torch.foreach.add({_LISTS}, {_OTHERS}, alpha=-2)",
        f"torch.foreach.sub({_LISTS}, {_OTHERS}, alpha=0.5)",
        f"torch.foreach.mul({_LISTS}, torch.tensor(3.0))",
        f"torch.foreach.pow(2.0, {_LISTS})",
        _IN_PLACE.format(name="sub", rest=f", {_OTHERS}, alpha=3", lists=_LISTS),
    ],
    **{
        f"torch.foreach.{name}": [
            f"torch.foreach.{name}({_LISTS}, {_OTHERS}, {_OTHERS}, value={value})"
            for value in ("2", "[1, 2.5]", "torch.tensor([0.5, -1.0])")
        ]
        + [_IN_PLACE.format(name=name, rest=f", {_OTHERS}, {_LISTS}", lists=_LISTS)]
        for name in ("addcmul", "addcdiv")
    },
    "torch.foreach.lerp": [
        *[f"torch.foreach.lerp({_LISTS}, {_OTHERS}, {weight})" for weight in ("0.25", "[0.25, 0.75]", _LISTS)],
        _IN_PLACE.format(name="lerp", rest=f", {_OTHERS}, 0.25", lists=_LISTS),
    ],
    "torch.foreach.norm": [
        f"torch.foreach.norm({_LISTS})",
        f"torch.foreach.norm({_LISTS}, ord=1, dtype=torch.float64)",
        f"torch.foreach.norm({_LISTS}, ord=math.inf)",
    ],
    "torch.foreach.max": [f"torch.foreach.max({_LISTS})"],
    "torch.foreach.mm": ["torch.foreach.mm([T(2, 3), T(1, 2)], [P(3, 2), P(2, 4)])"],
    "torch.foreach.clone": [
        "(lambda xs: [[y is not x, y] for x, y in zip(xs, torch.foreach.clone(xs))])([T(3), T(2)])"
    ],
    "torch.foreach.copy_": [_IN_PLACE.format(name="copy", rest=f", {_OTHERS}", lists=_LISTS)],
    "torch.foreach.zero_": [_IN_PLACE.format(name="zero", rest="", lists=_LISTS)],
    "torch.foreach.refused": [
        "raised(lambda: torch.foreach.exp([]))",
        "raised(lambda: torch.foreach.exp(T(2)))",
        "raised(lambda: torch.foreach.exp([1.0]))",
        f"raised(lambda: torch.foreach.mul({_LISTS}, [1.0]))",
        f"raised(lambda: torch.foreach.mul({_LISTS}, other=2))",
    ],
}
