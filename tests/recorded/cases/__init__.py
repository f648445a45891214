"""Snippets by table and by the name that each shows; PyTorch's answers lie in `expected/`."""

from recorded.cases import (
    batches,
    corners,
    data,
    distributions,
    functional,
    functions,
    graphs,
    layers,
    losses,
    matrices,
    methods,
    optimizers,
    options,
    parts,
    quantized,
    refusals,
    refusals_of_layers,
    schedulers,
    settings,
    sparse,
    sparse_parts,
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
    "quantized": quantized.CASES,
    "sparse_parts": sparse_parts.CASES,
    "batches": batches.CASES,
    "graphs": graphs.CASES,
    "parts": parts.CASES,
    "options": options.CASES,
}

# Tables whose keys are subjects, not names of the library.
BY_SUBJECT = {"corners", "refusals", "refusals_of_layers", "sparse_parts", "batches", "graphs", "parts", "options"}
