"""Files with random damage: a tensor file loads or raises, and runs no code."""

import contextlib
import random

import ferrotorch as torch
import pytest
from expected import DATA
from ferrotorch.utils import safetensors

FILES = sorted(p for p in DATA.iterdir() if p.suffix in {".pt", ".safetensors"})


def mutate(data: bytes, r: random.Random) -> bytes:
    """Cuts, overwrites, repeats or removes some bytes."""
    changed = bytearray(data)
    for _ in range(r.randint(1, 4)):
        at, length = r.randrange(len(changed)), r.randint(1, 16)
        match r.randrange(5):
            case 0:
                del changed[max(at, 1) :]
            case 1:
                changed[at : at + length] = r.randbytes(length)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length]
            case _:
                changed[at] ^= 1 << r.randrange(8)
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
@pytest.mark.filterwarnings("ignore")
def test_damage(path, tmp_path):
    r = random.Random(path.name)
    target = tmp_path / path.name
    for _ in range(150):
        target.write_bytes(mutate(path.read_bytes(), r))
        # A panic is a BaseException of its own and would come through.
        with contextlib.suppress(Exception):
            read(target)


def read(path):
    return safetensors.load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
