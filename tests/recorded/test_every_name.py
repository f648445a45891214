"""Every public class and function is shown by a recorded call whose values are compared."""

import pytest
from recorded.cases import BY_SUBJECT, TABLES
from recorded.names import MODULES, SHORT, public_names, shown_names

PREFIXES = {**{short: path for path, short in SHORT.items()}, "torch": "torch", "Tensor": "torch.Tensor"}


def in_tables() -> set[str]:
    """The full names of what the tables show."""
    keys = [
        name.rpartition(".") for table in TABLES.keys() - BY_SUBJECT for name in TABLES[table] if TABLES[table][name]
    ]
    return {f"{PREFIXES[prefix]}.{name}" for prefix, _, name in keys}


@pytest.mark.parametrize("path", MODULES)
def test_every_name_is_shown(path: str) -> None:
    shown = shown_names() | in_tables()
    assert [name for name in public_names(path) if f"{path}.{name}" not in shown] == []
