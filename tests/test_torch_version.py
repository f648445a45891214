"""Version strings that compare as versions."""

import itertools

import pytest
from ferrotorch.torch_version import TorchVersion

# In the order of PEP 440.
ASCENDING = [
    "1.9", "1.10.0.dev1", "1.10.0a1.dev2", "1.10.0a1", "1.10.0beta2", "1.10rc1", "1.10.0", "1.10+cpu", "1.10+cpu.2",
    "1.10.0+3", "1.10.post1", "1.10.1", "2.15.0+ferrotorch", "2.15.1", "1!0.1",
]  # fmt: skip


def test_versions_are_ordered_as_versions():
    for (i, a), (j, b) in itertools.product(enumerate(ASCENDING), repeat=2):
        version = TorchVersion(a)
        compared = (version < b, version <= b, version == b, version != b, version >= b, version > b)
        assert compared == (i < j, i <= j, i == j, i != j, i >= j, i > j)


@pytest.mark.parametrize("same", ["2.0", "2.0.0", "v2", "2.0.0+cpu"])
def test_spellings_of_one_version(same):
    assert (TorchVersion("2.0") == same) == ("+" not in same)
    assert TorchVersion(same) >= (2,)


def test_numbers_and_version_objects():
    class Version:
        release = (2, 1)

        def __str__(self):
            return "2.1"

    version = TorchVersion("2.15.0+ferrotorch")
    assert version >= (2, 1, 0)
    assert version < [2, 16]
    assert version > Version()
    assert not version > (2, 15, 1)


def test_what_is_no_version_compares_as_a_string():
    assert TorchVersion("parrot") == "parrot"
    assert TorchVersion("2.0") < "parrot"
    assert {TorchVersion("2.0"): 1}["2.0"] == 1
