"""The compiled ops of torchaudio, which load_library defines by ops of the library."""

import itertools
import math

import ferrotorch as torch
import pytest

T = torch.tensor


@pytest.fixture(scope="module")
def audio():
    torch.ops.load_library("/packages/torchaudio/lib/libtorchaudio.so")
    assert torch.ops._torchaudio.is_align_available() is True and torch.ops._torchaudio.cuda_version() is None
    return torch.ops.torchaudio


@pytest.mark.parametrize("length", [1, 5, 150])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_recursive_filters(audio, length, order):
    torch.manual_seed(0)
    x = torch.randn(2, 3, length, dtype=torch.float64)
    a = torch.cat([torch.ones(3, 1), torch.rand(3, order - 1) * 0.4 - 0.2], 1).double()
    padded = torch.zeros(2, 3, length + order - 1, dtype=torch.float64)
    assert audio._lfilter_core_loop(x, a.flip(1).contiguous(), padded) is padded
    expected = torch.zeros(2, 3, length + order - 1, dtype=torch.float64)
    for t in range(length):
        before = expected[:, :, t : t + order - 1]
        expected[:, :, t + order - 1] = x[:, :, t] - (before * a[:, 1:].flip(1)).sum(-1)
    torch.testing.assert_close(padded, expected)


def test_overdrive(audio):
    torch.manual_seed(0)
    wave, x = torch.randn(2, 80).double(), torch.randn(2, 80).double()
    expected, last_in, last_out = torch.zeros(2, 80).double(), torch.zeros(2).double(), torch.zeros(2).double()
    for t in range(80):
        last_out = x[:, t] - last_in + 0.995 * last_out
        last_in = x[:, t]
        expected[:, t] = wave[:, t] * 0.5 + last_out * 0.75
    state = torch.zeros(2).double(), torch.zeros(2).double()
    out = torch.empty(2, 80).double()
    audio._overdrive_core_loop(wave, x, *state, out)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(state, (last_in, last_out))


class TestTransducer:
    def test_it_is_the_sum_over_all_ways(self, audio):
        torch.manual_seed(0)
        logits = torch.randn(1, 3, 3, 4, dtype=torch.float64)
        labels = [2, 1]
        probabilities = logits.softmax(-1)[0]
        total = 0.0
        # In which frame each label is emitted; a blank ends a frame.
        for frames in itertools.combinations_with_replacement(range(3), 2):
            product, emitted = 1.0, 0
            for frame in range(3):
                while emitted < 2 and frames[emitted] == frame:
                    product *= probabilities[frame, emitted, labels[emitted]].item()
                    emitted += 1
                product *= probabilities[frame, emitted, 0].item()
            total += product
        args = (T([labels], dtype=torch.int32), T([3], dtype=torch.int32), T([2], dtype=torch.int32), 0)
        cost, gradient = audio.rnnt_loss_forward(logits, *args, -1.0, True)
        assert cost.item() == pytest.approx(-math.log(total))
        assert gradient.sum(-1).abs().max() < 1e-12 and gradient.abs().max() > 0.01
        assert audio.rnnt_loss_forward(logits, *args, 0.01, True)[1].abs().max() == 0.01
        of_logarithms = audio.rnnt_loss_forward(logits.log_softmax(-1), *args, -1.0, False)[0]
        torch.testing.assert_close(of_logarithms, cost)


class TestAlignment:
    def test_the_likeliest_way(self, audio):
        torch.manual_seed(0)
        log_probs = torch.randn(1, 6, 4).log_softmax(-1)
        labels = [1, 1, 3]
        length = T([6])
        path, scores = audio.forced_align(log_probs, T([labels], dtype=torch.int32), length, T([3]), 0)

        def collapsed(way):
            return [label for at, label in enumerate(way) if label and (at == 0 or way[at - 1] != label)]

        ways = [way for way in itertools.product(range(4), repeat=6) if collapsed(way) == labels]
        best = max(ways, key=lambda way: sum(log_probs[0, t, label].item() for t, label in enumerate(way)))
        assert path[0].tolist() == list(best) and path.dtype is torch.int32
        assert torch.equal(scores, log_probs)

    @pytest.mark.parametrize(
        ("lengths", "blank", "text"),
        [
            (([5], [2]), 0, "input length mismatch"),
            (([6], [3]), 0, "target length mismatch"),
            (([[6]], [2]), 0, "input_lengths must be 1-D"),
            (([6], [2]), 4, "blank must be within"),
            (([6], [2]), -1, "blank must be within"),
        ],
    )
    def test_lengths_are_those_of_the_sequence(self, audio, lengths, blank, text):
        with pytest.raises(RuntimeError, match=text):
            audio.forced_align(torch.zeros(1, 6, 4), T([[1, 2]]), T(lengths[0]), T(lengths[1]), blank)

    def test_too_few_frames(self, audio):
        with pytest.raises(RuntimeError, match="length: 3, targets length: 3, and number of repeats: 1"):
            audio.forced_align(torch.zeros(1, 3, 4), T([[1, 1, 2]]), T([3]), T([3]), 0)
