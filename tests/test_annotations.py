"""What annotations mean can be asked of every public class and function."""

import importlib
import inspect
import pkgutil
import typing

import ferrotorch
import pytest


def public_modules():
    for info in pkgutil.walk_packages(ferrotorch.__path__, "ferrotorch."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield info.name


def annotated(module):
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            yield value
            for member in vars(value).values():
                member = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if inspect.isfunction(member):
                    yield member


@pytest.mark.parametrize("name", list(public_modules()))
def test_annotations_resolve(name):
    if name.startswith("ferrotorch.utils.tensorboard"):
        pytest.importorskip("tensorboard")
    for value in annotated(importlib.import_module(name)):
        typing.get_type_hints(value)


def test_annotations_of_layers_name_classes():
    assert typing.get_type_hints(ferrotorch.nn.Linear)["_buffers"] == dict[str, ferrotorch.Tensor | None]
    assert typing.get_type_hints(ferrotorch.nn.Module.apply)["return"] is typing.Self
