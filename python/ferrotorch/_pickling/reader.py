"""``torch.PyTorchFileReader``: the records of a file that ``torch.save`` wrote, by name."""

from __future__ import annotations

import zipfile
from typing import Any

__all__ = ["PyTorchFileReader"]


class PyTorchFileReader:
    """Reads the records of a file.

    Args:
        file: A path, or an object that can be read and searched.

    Raises:
        RuntimeError: it is no such file.
    """

    def __init__(self, file: Any) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            raise RuntimeError("PytorchStreamReader failed reading zip archive: not a ZIP archive") from error
        names = self._archive.namelist()
        if not names:
            raise RuntimeError("PytorchStreamReader failed reading zip archive: it is empty")
        self._folder = names[0].split("/")[0] + "/"

    def get_all_records(self) -> list[str]:
        """The names of the records."""
        return [name.removeprefix(self._folder) for name in self._archive.namelist()]

    def has_record(self, name: str) -> bool:
        """Is there a record of this name?"""
        return self._folder + name in self._archive.NameToInfo

    def get_record(self, name: str) -> bytes:
        """The bytes of a record.

        Raises:
            RuntimeError: there is no such record.
        """
        if not self.has_record(name):
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found")
        return self._archive.read(self._folder + name)

    def get_storage_from_record(self, name: str, numel: int, dtype: Any) -> Any:
        """A tensor of the first elements of a record."""
        import ferrotorch as torch

        return torch.frombuffer(bytearray(self.get_record(name)), dtype=dtype, count=numel)
