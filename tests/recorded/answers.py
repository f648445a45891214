"""Results as JSON: tensors with dtype and shape, nests of them, and what Python prints of anything else."""

import json
from pathlib import Path
from typing import Any

EXPECTED = Path(__file__).parent / "expected"


def encode(torch: Any, value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj()
        numbers = torch.view_as_real(value) if value.is_complex() else value
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": numbers.flatten().tolist()}
    if isinstance(value, list | tuple):
        return [encode(torch, v) for v in value]
    if isinstance(value, dict):
        return {str(k): encode(torch, v) for k, v in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def read(table: str) -> dict[str, Any]:
    return json.loads((EXPECTED / f"{table}.json").read_text())


def write(table: str, answers: dict[str, Any]) -> None:
    lines = [f"{json.dumps(snippet)}: {json.dumps(answer)}" for snippet, answer in answers.items()]
    (EXPECTED / f"{table}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
