"""Snippets by table and by the name that each shows; PyTorch's answers lie in `expected/`."""

from recorded.cases import (
    data,
    distributions,
    functional,
    functions,
    layers,
    losses,
    matrices,
    methods,
    optimizers,
    schedulers,
    settings,
    sparse,
)

TABLES: dict[str, dict[str, list[str]]] = {
    "layers": layers.CASES,
    "losses": losses.CASES,
    "functional": functional.CASES,
    "optimizers": optimizers.CASES,
    "schedulers": schedulers.CASES,
    "distributions": distributions.CASES,
    "data": data.CASES,
    "functions": functions.CASES,
    "matrices": matrices.CASES,
    "methods": methods.CASES,
    "settings": settings.CASES,
    "sparse": sparse.CASES,
}
