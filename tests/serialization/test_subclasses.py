"""Subclasses of tensors that say themselves what files hold of them."""

import io
import pickle

import ferrotorch as torch
import pytest


def made(values, scale):
    tensor = values.as_subclass(Scaled)
    tensor.scale = scale
    return tensor


class Scaled(torch.Tensor):
    """Of its attributes a file keeps one, under the function that makes the tensor again."""

    def __reduce_ex__(self, protocol):
        return made, (self.detach().as_subclass(torch.Tensor), self.scale)


def test_save_asks_the_subclass():
    tensor = made(torch.arange(6.0).view(2, 3)[:, 1:], 3)
    tensor.forgotten = True
    file = io.BytesIO()
    torch.save([tensor, tensor], file)
    file.seek(0)
    first, second = torch.load(file, weights_only=False)
    for read in (first, pickle.loads(pickle.dumps(tensor))):
        assert type(read) is Scaled and read.scale == 3 and not hasattr(read, "forgotten")
        assert read.tolist() == [[1.0, 2.0], [4.0, 5.0]]
    assert first is second


class WithStateOfItsOwn(torch.Tensor):
    """Says itself what a file keeps of it beside its elements."""

    def __getstate__(self):
        return "form 2", self.scale, [1, 2]

    def __setstate__(self, state):
        self.form, self.scale, self.numbers = state


@pytest.mark.parametrize("weights_only", [False, True])
def test_getstate_and_setstate_of_a_subclass(weights_only):
    tensor = torch.arange(3.0).as_subclass(WithStateOfItsOwn)
    tensor.scale = 4
    file = io.BytesIO()
    torch.save(tensor, file)
    file.seek(0)
    with torch.serialization.safe_globals([WithStateOfItsOwn]):
        again = torch.load(file, weights_only=weights_only)
    assert type(again) is WithStateOfItsOwn
    assert again.tolist() == [0.0, 1.0, 2.0]
    assert (again.form, again.scale, again.numbers) == ("form 2", 4, [1, 2])
