"""The recorded calls on device "meta": layers, losses and functions give results of the form they have on the host."""

import contextlib
from typing import Any

import ferrotorch as torch
import pytest
from forms import form
from recorded.cases import TABLES
from recorded.space import Space

# What these give, or its shape, is decided by values; or they hand out memory.
RAISES = {
    "nn.AdaptiveLogSoftmaxWithLoss": NotImplementedError,
    "F.one_hot": RuntimeError,
    "torch.from_dlpack": BufferError,
    "torch.to_dlpack": BufferError,
}


class MetaSpace(Space):
    """Snippets on tensors without elements."""

    def T(self, *args: Any, **kwargs: Any) -> Any:
        return super().T(*args, **kwargs).to("meta")

    def I(self, *args: Any, **kwargs: Any) -> Any:  # noqa: E743
        with torch.device("cpu"):
            return super().I(*args, **kwargs).to("meta")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in ("layers", "losses", "functional", "functions") for name in TABLES[table]],
    ids=lambda part: part,
)
def test_snippets(table: str, name: str) -> None:
    with pytest.raises(RAISES[name]) if name in RAISES else contextlib.nullcontext():
        for snippet in TABLES[table][name]:
            want = form(eval(snippet, Space(torch).names()))
            with torch.device("meta"):
                got = form(eval(snippet, MetaSpace(torch).names()))
            assert got == want, snippet
