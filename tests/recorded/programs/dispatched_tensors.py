"""What dispatch modes see of views, of indexing and of new tensors."""

from typing import Any

from recorded.dispatch import seen

PLACES = r"""
~mask
mask & mask
mask | True
torch.where(mask, a, w)
torch.where(mask, a, 0.)
torch.where(mask, 1., 0.)
torch.where(mask)
torch.all(mask)
torch.any(mask, 1)
torch.count_nonzero(mask)
torch.nonzero(mask)
torch.masked_select(a, mask)
a[mask]
a[0]
a[:, 1]
a[1:3]
a[..., 0]
a[None]
a[idx]
a[:, idx]
a[idx, idx]
a[idx][:, 0]
a[torch.tensor(1)]
a[[0,1]]
a[::2, 1:]
a[:]
a[...]
a[-1]
a[:, :, None]
a[1:, mask[0]]
s3[mask[:2,:4]]
a[idx, 1:3]
a[:-1]
a[5:]
m4[0, :, None, 1:3]
torch.index_select(a, 0, idx)
torch.gather(a, 1, i)
torch.scatter(a, 1, i, w)
torch.scatter(a, 1, i, 2.)
torch.scatter_add(a, 1, i, w)
torch.scatter_reduce(a, 1, i, w, 'amax')
torch.index_add(a, 0, idx, r(3,6))
torch.index_fill(a, 0, idx, 2.)
torch.index_copy(a, 0, idx, r(3,6))
torch.index_put(a, (idx,), r(3,6))
torch.masked_fill(a, mask, 0.)
torch.masked_scatter(a, mask, w)
torch.take(a, idx)
torch.take_along_dim(a, i, 1)
torch.put(a, idx, r(3))
torch.select(a, 0, 1)
a.select(1, 0)
torch.meshgrid(v, v, indexing='ij')
a[None].squeeze(0)
bool(mask[0,0])
torch.logical_and(mask, mask)
torch.logical_not(mask)
torch.logical_xor(mask, mask)
"""
MAKING = r"""
torch.bucketize(a, torch.tensor([0.,1.]))
torch.searchsorted(torch.tensor([0.,1.]), a)
torch.repeat_interleave(a, torch.tensor([1,2,1,1]), dim=0)
a.float()
a.int()
a.bool()
a.item() if a.numel()==1 else a[0,0].item()
a.sum().item()
float(a[0,0])
int(i[0,0])
torch.zeros(3)
torch.ones(2,3)
torch.full((2,3), 1.)
torch.empty(3)
torch.arange(5)
torch.arange(0, 1, 0.1)
torch.linspace(0, 1, 5)
torch.logspace(0, 1, 5)
torch.eye(3)
torch.eye(3, 4)
torch.rand(3)
torch.randn(3)
torch.randint(0, 5, (3,))
torch.randperm(5)
torch.bernoulli(pos.clamp(max=1))
torch.multinomial(pos, 2)
torch.poisson(pos)
torch.zeros_like(a)
torch.ones_like(a)
torch.full_like(a, 2.)
torch.empty_like(a)
torch.rand_like(a)
torch.randn_like(a)
torch.randint_like(a, 5)
a.new_zeros(3)
a.new_ones(3)
a.new_full((3,), 2.)
a.new_empty(3)
a.new_tensor([1.])
torch.tensor([1.,2.])
torch.tensor(3)
torch.as_tensor([1.,2.])
torch.scalar_tensor(1.)
torch.hann_window(5)
torch.hamming_window(5)
torch.kaiser_window(5)
torch.utils.checkpoint.checkpoint(torch.sin, a, use_reentrant=False)
"""
SHAPES = r"""
a.narrow(0, 1, 2)
torch.cat([a, w])
torch.cat([a, w], dim=-1)
torch.concat([a, w])
torch.stack([a, w])
torch.hstack([a, w])
torch.vstack([a, w])
torch.dstack([a, w])
torch.column_stack([a, w])
torch.split(a, 2)
torch.split(a, [1,3])
torch.chunk(a, 2)
torch.chunk(a, 3, dim=1)
torch.tensor_split(a, 2)
torch.tensor_split(a, (1,2), dim=1)
torch.hsplit(a, 2)
torch.unbind(a)
torch.tile(a, (2,1))
a.repeat(2,1)
torch.repeat_interleave(a, 2, dim=0)
torch.repeat_interleave(a, 2)
a.expand(3,4,6)
a.expand_as(s3[:, :, :])
torch.broadcast_to(a, (2,4,6))
torch.broadcast_tensors(a, v)
torch.block_diag(a, b)
z.mT
z.mH
a.H
s3.T
v.T
a.view(-1)
a.view(6,4)
a.reshape(-1)
a.t().reshape(-1)
a.view_as(r(24))
torch.flatten(s3, 1)
torch.flatten(s3.transpose(1,2), 1)
torch.unflatten(a, 1, (2,3))
torch.ravel(a)
a.T
a.mT
a.mH
s3.mT
a.t()
a.transpose(0,1)
torch.swapaxes(a,0,1)
s3.permute(2,0,1)
torch.movedim(s3, 0, 1)
a.squeeze()
a.unsqueeze(1)
torch.flip(a, (0,))
torch.fliplr(a)
torch.roll(a, 1)
torch.roll(a, 1, 0)
torch.rot90(a)
torch.tril(a)
torch.triu(a, 1)
torch.diag(a)
torch.diag(v)
torch.diagonal(a)
torch.diag_embed(a)
torch.diagflat(v)
torch.as_strided(a, (2,2), (1,2))
a.unfold(1, 2, 1)
a.contiguous()
a.t().contiguous()
img.contiguous(memory_format=torch.channels_last)
img.to(memory_format=torch.channels_last)
a.clone()
a.detach()
a.data
a.double()
a.half()
a.long()
a.to(torch.float64)
a.to('cpu')
a.to('cpu', torch.float16)
a.to(w)
a.type(torch.float64)
a.type_as(i)
a.cpu()
a.is_contiguous()
a.real
z.real
z.imag
torch.view_as_real(z)
torch.view_as_complex(r(3,2))
torch.tril_indices(3,3)
"""


def places_below_autograd(space: Any) -> Any:
    return seen(space.torch, PLACES, recorded=False)


def places_with_gradients(space: Any) -> Any:
    return seen(space.torch, PLACES, recorded=True)


def making_below_autograd(space: Any) -> Any:
    return seen(space.torch, MAKING, recorded=False)


def making_with_gradients(space: Any) -> Any:
    return seen(space.torch, MAKING, recorded=True)


def shapes_below_autograd(space: Any) -> Any:
    return seen(space.torch, SHAPES, recorded=False)


def shapes_with_gradients(space: Any) -> Any:
    return seen(space.torch, SHAPES, recorded=True)
