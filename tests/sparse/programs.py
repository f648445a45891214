"""Small programs that train with sparse tensors, from fixed numbers: their losses are recorded in ``test_training.py``.

They say ``import torch`` in PyTorch's place, so that the record can be made with it: run the file with its interpreter.
"""

from __future__ import annotations

from typing import Any

EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (1, 4), (2, 0)]


def wave(torch: Any, *shape: int, start: float = 0.0) -> Any:
    """Numbers between -1 and 1 that are the same everywhere."""
    count = 1
    for n in shape:
        count *= n
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7 + start).to(torch.float32).reshape(shape)


def adjacency(torch: Any, layout: str) -> Any:
    """The normalised adjacency matrix of a graph with loops."""
    pairs = [*EDGES, *[(b, a) for a, b in EDGES], *[(i, i) for i in range(6)]]
    indices = torch.tensor(pairs).t()
    ones = torch.ones(len(pairs))
    degree = torch.sparse.sum(torch.sparse_coo_tensor(indices, ones, (6, 6)), 1).to_dense()
    scale = degree.pow(-0.5)
    values = scale[indices[0]] * scale[indices[1]]
    matrix = torch.sparse_coo_tensor(indices, values, (6, 6)).coalesce()
    return matrix if layout == "coo" else matrix.to_sparse_csr()


def gcn(torch: Any, layout: str, product: str, steps: int = 5) -> list[float]:
    """Two graph convolutions, trained to tell the nodes of two classes apart."""
    graph, features = adjacency(torch, layout), wave(torch, 6, 4)
    first = wave(torch, 4, 8, start=1.0).mul(0.5).requires_grad_()
    second = wave(torch, 8, 2, start=2.0).mul(0.5).requires_grad_()
    labels = torch.tensor([0, 1, 0, 1, 1, 0])
    spread = {"sparse.mm": lambda a, x: torch.sparse.mm(a, x), "@": lambda a, x: a @ x}[product]
    optimizer = torch.optim.Adam([first, second], lr=0.05)
    losses = []
    for _ in range(steps):
        hidden = torch.relu(spread(graph, features @ first))
        loss = torch.nn.functional.cross_entropy(spread(graph, hidden @ second), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def attention(torch: Any, steps: int = 5) -> list[float]:
    """Attention along edges: a sparse softmax of learned scores, then message passing."""
    graph = adjacency(torch, "coo")
    features, target = wave(torch, 6, 4), wave(torch, 6, 4, start=3.0)
    query, key = (wave(torch, 4, 4, start=s).requires_grad_() for s in (1.0, 2.0))
    optimizer = torch.optim.SGD([query, key], lr=0.5)
    losses = []
    for _ in range(steps):
        rows, columns = graph.indices()
        scores = ((features @ query)[rows] * (features @ key)[columns]).sum(-1)
        weights = torch.sparse.softmax(torch.sparse_coo_tensor(graph.indices(), scores, (6, 6)), 1)
        loss = (torch.sparse.mm(weights, features) - target).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def factorisation(torch: Any, optimizer: str, steps: int = 6) -> list[float]:
    """A matrix of ratings as products of sparse embeddings."""
    users, items = torch.nn.Embedding(7, 3, sparse=True), torch.nn.Embedding(9, 3, sparse=True, padding_idx=0)
    with torch.no_grad():
        users.weight.copy_(wave(torch, 7, 3))
        items.weight.copy_(wave(torch, 9, 3, start=1.0))
    parameters = [users.weight, items.weight]
    make = {
        "SparseAdam": lambda: torch.optim.SparseAdam(parameters, lr=0.05),
        "SGD": lambda: torch.optim.SGD(parameters, lr=0.2),
        "momentum": lambda: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
        "Adagrad": lambda: torch.optim.Adagrad(parameters, lr=0.2, lr_decay=0.01),
    }[optimizer]()
    losses = []
    for step in range(steps):
        u = torch.tensor([0, 1, 2, 2, 5, step % 7])
        i = torch.tensor([1, 4, 4, 0, 8, step % 9])
        loss = ((users(u) * items(i)).sum(-1) - wave(torch, 6, start=float(step))).pow(2).mean()
        make.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 0.5)
        make.step()
        losses.append(loss.item())
    return losses


def bags(torch: Any, mode: str, steps: int = 4) -> list[float]:
    """Bags of sparse embeddings, two backward passes a step."""
    table = torch.nn.EmbeddingBag(8, 3, mode=mode, sparse=True)
    with torch.no_grad():
        table.weight.copy_(wave(torch, 8, 3))
    optimizer = torch.optim.SGD(table.parameters(), lr=0.3)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        for shift in (0, 1):
            indices = (torch.arange(6) * (step + 2) + shift) % 8
            output = table(indices, torch.tensor([0, 2, 3]))
            loss = (output - wave(torch, 3, 3, start=2.0)).pow(2).mean()
            loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


RUNS: dict[str, Any] = {
    "gcn coo sparse.mm": lambda torch: gcn(torch, "coo", "sparse.mm"),
    "gcn csr sparse.mm": lambda torch: gcn(torch, "csr", "sparse.mm"),
    "gcn coo @": lambda torch: gcn(torch, "coo", "@"),
    "gcn csr @": lambda torch: gcn(torch, "csr", "@"),
    "attention": attention,
    **{f"factorisation {name}": lambda torch, name=name: factorisation(torch, name)
       for name in ("SparseAdam", "SGD", "momentum", "Adagrad")},
    **{f"bags {mode}": lambda torch, mode=mode: bags(torch, mode) for mode in ("sum", "mean")},
}  # fmt: skip

if __name__ == "__main__":
    import importlib

    reference = importlib.import_module("torch")
    for name, run in RUNS.items():
        print(f'    "{name}": {[round(x, 6) for x in run(reference)]},')
