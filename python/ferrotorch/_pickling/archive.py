"""The zip archives that hold saved objects.

An archive holds, under one folder, ``data.pkl`` (the pickle), ``data/0``, ``data/1``, ... (the storages, uncompressed
and aligned to 64 bytes, so that they can be mapped into memory), ``byteorder`` and ``version``.
"""

from __future__ import annotations

import contextlib
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Any, Self

from .brief import brief

__all__ = ["ArchiveReader", "ArchiveWriter", "is_archive", "read_fully"]

_ALIGNMENT = 64
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_PADDING_TAG = b"FB"
# What records may grow to by decompression, all together: so many times the size of the archive, and this besides. A
# pickle, of which each byte is a step to take, gets less besides.
_INFLATION = 32
_INFLATED_BESIDES = 1 << 24
_PICKLE_BESIDES = 1 << 20
# How much is read or written at once: signals are looked at in between.
_CHUNK = 1 << 20


def is_archive(file: IO[bytes]) -> bool:
    """Whether the file begins as a zip archive; its position stays."""
    position = file.tell()
    start = file.read(4)
    file.seek(position)
    return start == b"PK\x03\x04"


class ArchiveWriter:
    """Writes an archive; a context manager.

    Args:
        file: where to write.
        folder: name of the folder inside the archive.
    """

    def __init__(self, file: IO[bytes], folder: str) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._folder = folder

    def write(self, name: str, size: int, chunks: Iterable[Any]) -> None:
        """Add a record of so many bytes, which come in chunks (bytes or any buffers)."""
        info = zipfile.ZipInfo(f"{self._folder}/{name}", (1980, 1, 1, 0, 0, 0))
        info.file_size = size
        info.extra = self._padding(info, size)
        record = self._zip.open(info, "w")
        try:
            for chunk in chunks:
                record.write(chunk)
        except BaseException:
            # What closing raises now follows from the first error, which is the one to tell of.
            with contextlib.suppress(Exception):
                record.close()
            raise
        record.close()

    def _padding(self, info: zipfile.ZipInfo, size: int) -> bytes:
        """An extra field that makes the record's data begin at a multiple of the alignment."""
        header = _LOCAL_HEADER.size + len(info.filename.encode()) + 4
        if size * 1.05 > zipfile.ZIP64_LIMIT:  # zipfile then adds a field with the long sizes, by the same rule
            header += 20
        count = -(self._zip.fp.tell() + header) % _ALIGNMENT  # type: ignore[union-attr]
        return _PADDING_TAG + struct.pack("<H", count) + b"Z" * count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._zip.close()
            return
        with contextlib.suppress(Exception):
            self._zip.close()


class ArchiveReader:
    """Reads an archive.

    Args:
        file: an open, seekable file. It stays open.
        name: how messages call it.

    Raises:
        RuntimeError: it is no archive of this kind, or it is damaged.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self._start = file.tell()
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
            raise self.damaged(f"no central directory can be read: {error}") from error
        self._records = {info.filename: info for info in self._zip.infolist()}
        self._size = file.seek(0, 2) - self._start
        self._inflated = 0
        self._refuse_overlaps()
        pickles = [record for record in self._records if record.endswith("/data.pkl") and record.count("/") == 1]
        if len(pickles) != 1:
            raise RuntimeError(f"load(): {name} is a zip archive, but none that save() wrote: it has no data.pkl")
        self._folder = pickles[0].removesuffix("data.pkl")

    def _refuse_overlaps(self) -> None:
        """Every byte belongs to one record: then all records together are no larger than the file."""
        end = 0
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise self.damaged(f"record {brief(info.filename)} overlaps the one before it")
            end = info.header_offset + _LOCAL_HEADER.size + info.compress_size

    def damaged(self, why: str) -> RuntimeError:
        """The error that says why the archive cannot be read."""
        return RuntimeError(f"load(): {self._name} is damaged or cut off: {why}")

    def __contains__(self, name: str) -> bool:
        return self._folder + name in self._records

    def names(self) -> list[str]:
        """The names of all records."""
        return [name.removeprefix(self._folder) for name in self._records]

    def size(self, name: str) -> int:
        """Size of a record in bytes."""
        info = self._records.get(self._folder + name)
        if info is None:
            raise self.damaged(f"record {brief(name)} is missing")
        return info.file_size

    def read(self, name: str) -> bytes:
        """The contents of a record that is not a storage."""
        buffer = bytearray(self._checked_size(name, _PICKLE_BESIDES))
        self.read_into(name, memoryview(buffer))
        return bytes(buffer)

    def read_into(self, name: str, target: memoryview) -> None:
        """Read a record into a buffer of exactly its size, and compare its checksum."""
        info = self._records[self._folder + name]
        if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
            self._file.seek(self.offset(name))
            self._read_stored(name, target, info.CRC)
            return
        try:
            with self._zip.open(info) as record:
                if read_fully(record, target) < target.nbytes or record.read(1):
                    raise self.damaged(f"record {brief(name)} is not as long as announced")
        except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, zlib.error, EOFError) as error:
            raise self.damaged(f"record {brief(name)}: {error}") from error

    def _read_stored(self, name: str, target: memoryview, checksum: int) -> None:
        found = 0
        for start in range(0, target.nbytes, _CHUNK):
            part = target[start : start + _CHUNK]
            count = read_fully(self._file, part)
            if count < part.nbytes:
                raise self.damaged(f"record {brief(name)} ends after {start + count} of {target.nbytes} bytes")
            found = zlib.crc32(part, found)
        if found != checksum:
            raise self.damaged(f"the checksum of record {brief(name)} is wrong")

    def _checked_size(self, name: str, besides: int) -> int:
        """The size of a record that may be allocated: the file holds that much, or inflates to it within bounds."""
        size = self.size(name)
        info = self._records[self._folder + name]
        if info.compress_size > self._size:
            raise self.damaged(f"record {brief(name)} claims {info.compress_size} bytes of a file of {self._size}")
        if info.compress_type != zipfile.ZIP_STORED:
            self._inflated += size
            if self._inflated > _INFLATION * self._size + besides:
                raise RuntimeError(
                    f"load(): the compressed records of {self._name} would grow to {self._inflated} bytes or more, "
                    f"from a file of {self._size} bytes; unpack the archive and pack it again without compression"
                )
        elif size > info.compress_size:
            raise self.damaged(f"record {brief(name)} claims {size} bytes")
        return size

    def storage_size(self, name: str) -> int:
        """The size of a storage's record that may be allocated."""
        return self._checked_size(name, _INFLATED_BESIDES)

    def offset(self, name: str) -> int:
        """Where the data of an uncompressed record begin in the file."""
        info = self._records[self._folder + name]
        if info.header_offset < 0:  # zipfile computes it from the end of the file
            raise self.damaged(f"record {brief(name)} begins before the file")
        self._file.seek(info.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise self.damaged(f"the header of record {brief(name)} is missing")
        name_length, extra_length = struct.unpack_from("<2H", header, _LOCAL_HEADER.size - 4)
        return info.header_offset + _LOCAL_HEADER.size + name_length + extra_length

    def map(self, name: str, mapping: mmap.mmap) -> memoryview:
        """A record's part of the mapped file."""
        info = self._records[self._folder + name]
        size = self.size(name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise RuntimeError(f"load(): record {brief(name)} of {self._name} is compressed and cannot be mapped")
        start = self.offset(name)
        if start + size > len(mapping):
            raise self.damaged(f"record {brief(name)} ends behind the file's end")
        return memoryview(mapping)[start : start + size]


def read_fully(file: IO[bytes], target: memoryview) -> int:
    """Fill the buffer from the file, chunk by chunk; returns how many bytes there were."""
    target = target.cast("B")
    done = 0
    readinto = getattr(file, "readinto", None)
    while done < target.nbytes:
        if readinto is not None:
            count = readinto(target[done : done + _CHUNK])
        else:
            data = file.read(min(target.nbytes - done, _CHUNK))
            count = len(data)
            target[done : done + count] = data
        if not count:
            break
        done += count
    return done
