"""Version strings that compare as versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["TorchVersion"]

# PEP 440, with the spellings that its normalisation accepts.
_PATTERN = re.compile(
    r"""\s*v?
    (?:(?P<epoch>\d+)!)?
    (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?P<pre_number>\d*))?
    (?P<post>-(?P<implicit_post>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?
    \s*""",
    re.VERBOSE | re.IGNORECASE,
)
_PRE_NAMES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_FIRST, _LAST = (-1,), (1,)
Key = tuple[Any, ...]


def _key(version: str) -> Key | None:
    """What orders versions; None for a string that is none."""
    match = _PATTERN.fullmatch(version)
    if match is None:
        return None
    release = [int(part) for part in match["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    return int(match["epoch"] or 0), tuple(release), _pre(match), _post(match), _dev(match), _local(match["local"])


def _pre(match: re.Match[str]) -> Key:
    if match["pre"] is not None:
        name = match["pre"].lower()
        return 0, _PRE_NAMES.get(name, name), int(match["pre_number"] or 0)
    # A development release of the version itself comes before its pre-releases.
    return _FIRST if match["dev"] is not None and match["post"] is None else _LAST


def _post(match: re.Match[str]) -> Key:
    return _FIRST if match["post"] is None else (0, int(match["implicit_post"] or match["post_number"] or 0))


def _dev(match: re.Match[str]) -> Key:
    return _LAST if match["dev"] is None else (0, int(match["dev_number"] or 0))


def _local(local: str | None) -> Key:
    """Numbers come after words, and a version with this part after the one without."""
    if local is None:
        return ()
    parts = re.split("[-_.]", local.lower())
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def _as_text(other: Any) -> str | None:
    """A version given as a string, as an object of a package for versions, or as its numbers."""
    if isinstance(other, str):
        return other
    if hasattr(other, "release"):
        return str(other)
    return ".".join(str(item) for item in other) if isinstance(other, Iterable) else None


def _comparison(name: str) -> Callable[[TorchVersion, Any], Any]:
    def compare(self: TorchVersion, other: Any) -> Any:
        text = _as_text(other)
        ours, theirs = _key(self), None if text is None else _key(text)
        if ours is None or theirs is None:
            return getattr(str, name)(self, other)
        return getattr(ours, name)(theirs)

    compare.__name__ = name
    return compare


class TorchVersion(str):
    """A version as a string that compares as a version: with strings, tuples of numbers, and version objects.

        TorchVersion("1.10.0a") > "1.2"
        TorchVersion("1.10.0a") > (1, 2, 1)

    What is no version compares as a string.
    """

    __slots__ = ()
    __hash__ = str.__hash__


for _name in ("__lt__", "__le__", "__eq__", "__ne__", "__ge__", "__gt__"):
    setattr(TorchVersion, _name, _comparison(_name))
