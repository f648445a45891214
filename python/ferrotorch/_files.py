"""Writing files as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

__all__ = ["CompleteWriter", "replacing"]

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# A file without a name gets one through the folder of open files.
_NAMELESS = getattr(os, "O_TMPFILE", None) if os.path.isdir("/proc/self/fd") else None
_IN_FOLDER_OF_OTHERS = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when the block ends well, and vanishes otherwise.

    The contents are on the disk before they get the name. On Linux the file has no name before, so that nothing is left
    of it when the process is killed.

    Raises:
        RuntimeError: the folder does not exist.
        OSError: the file cannot be written.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # a device or pipe cannot be replaced
        with open(path, "wb") as file:
            yield file
        return
    target = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(target)):
        raise RuntimeError(f"Parent directory {os.path.dirname(path)} does not exist.")
    try:
        descriptor, temporary = _create_beside(target)
    except OSError as error:
        if error.errno not in _IN_FOLDER_OF_OTHERS or not os.path.exists(target):
            raise
        with _overwriting(target) as file:
            yield file
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            _keep_rights(file.fileno(), target)
            file.flush()
            os.fsync(file.fileno())
            if temporary is None:
                temporary = _give_name(file.fileno(), target)
        try:
            os.replace(temporary, target)
        except PermissionError:  # somebody else's file in a folder such as /tmp, which may be written to all the same
            with open(temporary, "rb") as source, open(target, "r+b") as file:
                _copy_over(source, file)
            os.unlink(temporary)
    except BaseException:
        if temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(target))


def _create_beside(target: str) -> tuple[int, str | None]:
    """A new file in the folder of ``target``, open for writing, and its name if it has one."""
    try:
        mode = os.stat(target).st_mode & 0o777
    except FileNotFoundError:
        mode = 0o666  # of which the kernel takes what the umask says
    if _NAMELESS is not None:
        try:
            return os.open(os.path.dirname(target), _NAMELESS | os.O_RDWR | _BINARY, mode), None
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
                raise
    while True:
        temporary = _free_name(target)
        with suppress(FileExistsError):
            return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, mode), temporary


def _free_name(target: str) -> str:
    """A name beside ``target`` that nobody else is likely to choose."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}.part")


def _give_name(descriptor: int, target: str) -> str:
    """Give a file without a name one beside ``target``."""
    folder = os.open(os.path.dirname(target), os.O_RDONLY)
    try:
        while True:
            temporary = _free_name(target)
            with suppress(FileExistsError):
                # Only with a folder's descriptor does Python follow the link that stands for the open file.
                os.link(f"/proc/self/fd/{descriptor}", os.path.basename(temporary), dst_dir_fd=folder)
                return temporary
    finally:
        os.close(folder)


def _keep_rights(descriptor: int, target: str) -> None:
    """Give the new file owner and permissions of the old one, as far as the system lets us."""
    if not hasattr(os, "fchmod"):
        return
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: str) -> None:
    """Have the new name on the disk too; some systems do not let a folder be opened or synchronised."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _overwriting(target: str) -> Iterator[IO[bytes]]:
    """A temporary file elsewhere, copied into ``target`` when the block ends well."""
    with open(target, "r+b") as file, tempfile.TemporaryFile() as temporary:
        yield temporary
        temporary.seek(0)
        _copy_over(temporary, file)


def _copy_over(source: IO[bytes], target: IO[bytes]) -> None:
    """Replace the contents of an open file."""
    shutil.copyfileobj(source, target, 1 << 20)
    target.truncate()
    target.flush()
    os.fsync(target.fileno())


class CompleteWriter:
    """A file object that writes all of what it is given, whatever the one behind it takes at once."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        """Write all bytes of a buffer.

        Raises:
            OSError: the file takes nothing any more.
        """
        view = memoryview(data).cast("B")
        done = 0
        while done < view.nbytes:
            count = self._file.write(data if done == 0 else view[done:])
            if not isinstance(count, int):  # many objects with a method write() return nothing
                break
            if not 0 < count <= view.nbytes - done:
                raise OSError(errno.EIO, f"save(): write() took {count} of {view.nbytes - done} bytes")
            done += count
        return view.nbytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
