"""Run a program written for PyTorch on this library: ``python -m ferrotorch script.py [arguments]``.

``import torch`` in the program, and in all that it imports, means ``import ferrotorch``.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import Any, NoReturn

from ferrotorch._alias import devices, finder

USAGE = """\
usage: python -m ferrotorch [--device-alias cuda=wgpu] script.py [arguments]
       python -m ferrotorch [--device-alias cuda=wgpu] -m module [arguments]
       python -m ferrotorch [--device-alias cuda=wgpu] -c code [arguments]
       python -m ferrotorch --install | --uninstall

Run a program written for PyTorch on ferrotorch: `import torch` means `import ferrotorch`.

--device-alias cuda=wgpu  let device "cuda" mean the GPU of ferrotorch (or FERROTORCH_DEVICE_ALIAS=cuda=wgpu)
--install                 let `import torch` mean ferrotorch in every program of this interpreter, until --uninstall
"""


def _fail(message: str, status: int = 2) -> NoReturn:
    sys.stderr.write(f"python -m ferrotorch: {message}\n")
    raise SystemExit(status)


def _new_main(spec: ModuleSpec | None, **attributes: Any) -> ModuleType:
    """A fresh ``__main__``, so that the program sees nothing of this one."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __spec__=spec, __package__=None, __loader__=None)
    module.__dict__.update(attributes)
    sys.modules["__main__"] = module
    return module


def _set_first_path(folder: str) -> None:
    """Put the folder of the program where the interpreter put the current one for us (not under ``-P``)."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _prepare_script(arguments: list[str]) -> tuple[CodeType, ModuleType]:
    path = arguments[0]
    if os.path.isdir(path):
        path = os.path.join(path, "__main__.py")
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        _fail(f"can't open file {os.path.abspath(path)!r}: [Errno {error.errno}] {error.strerror}")
    sys.argv = arguments
    _set_first_path(os.path.dirname(os.path.realpath(path)))
    file_name = os.path.abspath(path)
    loader = SourceFileLoader("__main__", file_name)
    code = compile(source, file_name, "exec", dont_inherit=True)
    return code, _new_main(None, __file__=file_name, __loader__=loader, __cached__=None)


def _find_module(name: str) -> ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        _fail(f"error while finding module {name!r} ({type(error).__name__}: {error})", 1)
    if spec is None:
        _fail(f"no module named {name!r}, or a package without __main__", 1)
    return spec


def _prepare_module(name: str, arguments: list[str]) -> tuple[CodeType, ModuleType]:
    sys.argv = ["-m", *arguments]
    spec = _find_module(name)
    code = spec.loader.get_code(spec.name) if hasattr(spec.loader, "get_code") else None  # type: ignore[union-attr]
    if code is None:
        _fail(f"no code for module {name!r}", 1)
    sys.argv[0] = spec.origin or name
    attributes = {"__file__": spec.origin, "__cached__": spec.cached, "__loader__": spec.loader}
    return code, _new_main(spec, __package__=spec.parent, **attributes)


def _prepare_code(text: str, arguments: list[str]) -> tuple[CodeType, ModuleType]:
    sys.argv = ["-c", *arguments]
    _set_first_path("")
    return compile(text, "<string>", "exec", dont_inherit=True), _new_main(None)


def _program_traceback(traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback below what runs the program."""
    ours = {__file__, "<frozen runpy>"}
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback


def _excepthook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    sys.__excepthook__(kind, error.with_traceback(_program_traceback(traceback)), error.__traceback__)


def _prepare(arguments: list[str]) -> tuple[CodeType, ModuleType]:
    """Code and ``__main__`` of the program that a command line names."""
    first, rest = arguments[0], arguments[1:]
    if first in ("-m", "-c"):
        if not rest:
            _fail(f"argument expected for the {first} option\n{USAGE}")
        return (_prepare_module if first == "-m" else _prepare_code)(rest[0], rest[1:])
    if first.startswith("-"):
        _fail(f"unknown option {first}\n{USAGE}")
    return _prepare_script(arguments)


def _take_alias(arguments: list[str]) -> list[str]:
    """The arguments after ``--device-alias``, which is done."""
    option, equals, alias = arguments[0].partition("=")
    if option != "--device-alias":
        return arguments
    taken = 1 if equals else 2
    try:
        devices.set_alias(alias if equals else arguments[1])
    except (IndexError, ValueError) as error:
        _fail(f"{error if isinstance(error, ValueError) else 'argument expected for --device-alias'}\n{USAGE}")
    if len(arguments) == taken:
        _fail(f"there is no program to run\n{USAGE}")
    return arguments[taken:]


def _change_site(option: str) -> None:
    """Put the forwarding package into the folder of installed packages, or take it away."""
    from ferrotorch._alias import site

    try:
        folder = site.install() if option == "--install" else site.uninstall()
    except (RuntimeError, OSError) as error:
        _fail(str(error), 1)
    done = "forwards to ferrotorch now" if option == "--install" else "is gone"
    sys.stdout.write(f"torch in {folder} {done}\n")


def _take_place() -> None:
    """Tell a program that MPI has started its rank, under the names by which ``torchrun`` does."""
    if "PMI_RANK" in os.environ or "PMIX_RANK" in os.environ or "OMPI_COMM_WORLD_RANK" in os.environ:
        from ferrotorch.distributed import _environment

        _environment.fill()


def _end_job(error: SystemExit) -> None:
    """End the other processes of a job, too, where this one ends by a failure."""
    job = sys.modules.get("torch.distributed._job") or sys.modules.get("ferrotorch.distributed._job")
    if job is not None and error.code not in (None, 0):
        job.end_by(error.code)


def main(arguments: list[str]) -> None:
    """Run what a command line names. Never returns to the caller where the program ends by an exception.

    Raises:
        SystemExit: a command line that names nothing to run (status 2), a module that is not there (1), or as the
            program says.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        (sys.stdout if arguments else sys.stderr).write(USAGE)
        raise SystemExit(0 if arguments else 2)
    if arguments in (["--install"], ["--uninstall"]):
        _change_site(arguments[0])
        return
    sys.excepthook = _excepthook
    finder.install()
    arguments = _take_alias(arguments)
    _take_place()
    code, module = _prepare(arguments)
    try:
        exec(code, module.__dict__)
    except SystemExit as error:
        _end_job(error)
        raise


if __name__ == "__main__":
    main(sys.argv[1:])
