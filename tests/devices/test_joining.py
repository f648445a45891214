"""Tensors put together, on each device: what `cat` and `stack` make of any layouts, and how few launches they take."""

import ferrotorch as torch
import pytest

DTYPES = [torch.bool, torch.uint8, torch.int16, torch.int64, torch.float16, torch.float32, torch.complex64]


def pieces(lengths, dtype, device):
    """Matrices of 3 rows and these columns, some of which lie across the memory or backwards."""
    made = []
    for i, n in enumerate(lengths):
        t = (torch.arange(3 * n) % 7 + i).to(dtype).view(3, n)
        ways = [t, t.t().contiguous().t(), t.flip(1).contiguous().to(device).flip(1), t[:1].expand(3, n)]
        made.append(ways[i % 4].to(device))
    return made


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", [(1, 2), (2, 3, 1), (4, 0, 1, 5), tuple(range(1, 18))], ids=len)
def test_along_the_last_dimension(device, dtype, lengths):
    made = pieces(lengths, dtype, device)
    joined = torch.cat(made, 1)
    rows = [[x for t in made for x in t[r].tolist()] for r in range(3)]
    assert joined.tolist() == rows
    assert torch.cat([t.t() for t in made]).t().tolist() == rows


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 15])
def test_stacks(device, count, dim):
    made = [torch.arange(6.0, device=device).view(2, 3) + 10 * i for i in range(count)]
    stacked = torch.stack(made, dim)
    for i, t in enumerate(made):
        assert stacked.select(dim, i).tolist() == t.tolist()


def test_dtypes_promote_and_gradients_go_to_each(device):
    whole, half = torch.ones(2, dtype=torch.int32, device=device), torch.full((3,), 0.5, device=device)
    assert torch.cat([whole, half]).tolist() == [1, 1, 0.5, 0.5, 0.5]
    leaves = [torch.ones(2, n, device=device, requires_grad=True) for n in (1, 2, 3)]
    (torch.cat(leaves, 1) * torch.arange(12.0, device=device).view(2, 6)).sum().backward()
    assert [t.grad.tolist() for t in leaves] == [[[0], [6]], [[1, 2], [7, 8]], [[3, 4, 5], [9, 10, 11]]]


def test_results_in_the_format_of_images(device):
    images = [
        torch.arange(24.0, device=device).view(1, 2, 3, 4).to(memory_format=torch.channels_last) + i for i in (0, 1)
    ]
    joined = torch.cat(images, 1)
    assert joined.is_contiguous(memory_format=torch.channels_last)
    assert joined[:, 2:].tolist() == (images[0] + 1).tolist()


def test_unbound_parts_of_a_turned_tensor_give_their_gradient_in_one_piece(device):
    x = torch.arange(24.0, device=device).view(2, 3, 4).requires_grad_()
    first, second, third = x.permute(1, 0, 2).unbind(0)
    (first + 2 * second * second + 3 * third).sum().backward()
    expected = torch.ones(2, 3, 4)
    expected[:, 1] = 4 * x.detach().cpu()[:, 1]
    expected[:, 2] = 3
    assert x.grad.tolist() == expected.tolist()
    assert x.grad.is_contiguous()


def test_seven_pieces_a_launch(gpu):
    made = [torch.ones(2, n, device=gpu) for n in range(1, 16)]
    torch.cat(made, 1)
    torch.wgpu.reset_stats()
    torch.cat(made, 1)
    assert torch.wgpu.stats().launches == 3
    torch.stack(made[:1] * 7)
    assert torch.wgpu.stats().launches == 4
