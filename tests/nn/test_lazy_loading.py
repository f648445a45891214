"""Names are loaded at their first use, and the stub declares exactly what the tables list."""

import ast
import pathlib
import subprocess
import sys

import pytest
from ferrotorch import nn

# Public within their files, but no layers of their own.
BASES = {"LazyModuleMixin", "NonDynamicallyQuantizableLinear"}
# Listed with the layers that take them.
OPTIONS = {"LinearCrossEntropyOptions"}


def test_every_listed_layer_exists_where_it_is_listed():
    for name in nn.modules.__all__:
        layer = getattr(nn, name)
        assert issubclass(layer, nn.Module) or name in OPTIONS
        assert layer.__module__.startswith("ferrotorch.nn.modules.")


def test_every_public_layer_is_listed():
    for subject in nn.modules._SUBJECTS:
        source = getattr(nn.modules, subject)
        for name, value in vars(source).items():
            public = isinstance(value, type) and issubclass(value, nn.Module) and not name.startswith("_")
            if public and value.__module__ == source.__name__ and name not in BASES:
                assert name in nn.modules.__all__


def test_the_stub_declares_the_layers():
    tree = ast.parse(pathlib.Path(nn.modules.__file__).with_suffix(".pyi").read_text())
    declared = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert declared == set(nn.modules.__all__)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="has no attribute 'Lineal'"):
        _ = nn.Lineal
    assert "Linear" in dir(nn)


def test_a_module_alone_loads_no_layers():
    code = "import sys, ferrotorch; ferrotorch.nn.Module; sys.exit('ferrotorch.nn.modules.conv' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
