"""Snippets by table and by the name that each shows; PyTorch's answers lie in `expected/`."""

from recorded.cases import (
    corners,
    data,
    distributions,
    functional,
    functions,
    layers,
    losses,
    matrices,
    methods,
    optimizers,
    refusals,
    refusals_of_layers,
    schedulers,
    settings,
    sparse,
)

TABLES: dict[str, dict[str, list[str]]] = {
    "layers": layers.CASES,
    "losses": losses.CASES,
    "functional": functional.CASES,
    "optimizers": optimizers.CASES,
    "corners": corners.CASES,
    "refusals": refusals.CASES,
    "refusals_of_layers": refusals_of_layers.CASES,
    "schedulers": schedulers.CASES,
    "distributions": distributions.CASES,
    "data": data.CASES,
    "functions": functions.CASES,
    "matrices": matrices.CASES,
    "methods": methods.CASES,
    "settings": settings.CASES,
    "sparse": sparse.CASES,
}
