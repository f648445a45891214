"""DTensor: whatever is computed with parts is what one process computes with the whole, gradients too."""

import io
import itertools
import pickle

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.experimental import implicit_replication, local_map, register_sharding

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
mesh = init_device_mesh("cpu", (size,))
grid = init_device_mesh("cpu", (2, size // 2), mesh_dim_names=("dp", "tp")) if size == 4 else None


def whole(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def same(mine, expected):
    mine = mine.full_tensor() if isinstance(mine, DTensor) else mine
    assert mine.shape == expected.shape and torch.allclose(mine, expected, atol=1e-10), (mine, expected)


def check(function, *inputs, placements, on=mesh):
    """Values and gradients of a function of spread tensors are those of the whole ones."""
    plain = [each.clone().requires_grad_(each.is_floating_point()) for each in inputs]
    spread = [
        distribute_tensor(each, on, way).requires_grad_(each.is_floating_point())
        for each, way in zip(inputs, placements, strict=True)
    ]
    expected, mine = function(*plain), function(*spread)
    expected, mine = ((each,) if isinstance(each, torch.Tensor) else each for each in (expected, mine))
    assert len(expected) == len(mine)
    total, total_mine = 0, 0
    for number, (one, other) in enumerate(zip(expected, mine, strict=True)):
        same(other.detach(), one.detach())
        if one.is_floating_point() and one.requires_grad:
            weights = whole(*one.shape, seed=50 + number)
            total = total + (one * weights).sum()
            lies = distribute_tensor(weights, on, [Replicate()] * on.ndim)
            total_mine = total_mine + (other * lies).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
        total_mine.redistribute(placements=[Replicate()] * on.ndim).backward()
        for one, other in zip(plain, spread, strict=True):
            if one.grad is not None:
                assert isinstance(other.grad, DTensor) and other.grad.placements == other.placements
                same(other.grad, one.grad)


def ways(*dims):
    """Copies, and parts along each of some dimensions."""
    return [Replicate(), *(Shard(dim) for dim in dims)]


def check_placements():
    x = whole(5, 7)
    for a, b in itertools.product([*ways(0, 1), Partial()], ways(0, 1)):
        local = distribute_tensor(x, mesh, [Replicate() if a.is_partial() else a]).to_local()
        if a.is_partial():
            local = local if rank == 0 else torch.zeros_like(local)
        local.requires_grad_()
        spread = DTensor.from_local(local, mesh, [a], shape=x.shape)
        moved = spread.redistribute(placements=[b])
        assert moved.placements == (b,) and moved.shape == (5, 7)
        same(moved.detach(), x)
        (moved * distribute_tensor(x, mesh, [b])).sum().full_tensor().backward()
        lies = [Replicate() if a.is_partial() else a]
        same(DTensor.from_local(local.grad, mesh, lies, shape=x.shape), x)
    mean = DTensor.from_local(torch.full((3,), float(rank)), mesh, [Partial("avg")])
    assert mean.full_tensor().tolist() == [(size - 1) / 2] * 3
    most = DTensor.from_local(torch.full((3,), float(rank)), mesh, [Partial("max")])
    assert most.full_tensor().tolist() == [size - 1.0] * 3
    if grid is not None:
        for pair in itertools.product([*ways(0, 1)], repeat=4):
            spread = distribute_tensor(x, grid, pair[:2])
            same(spread, x)
            moved = spread.redistribute(placements=pair[2:])
            same(moved, x)
            assert torch.equal(moved.to_local(), distribute_tensor(x, grid, pair[2:]).to_local())


def check_how_gradients_lie():
    """from_local(grad_placements=): what the parts' gradients are; redistribute(forward_dtype=, backward_dtype=)."""
    x, weights = whole(4 * size, 3), whole(4 * size, 3, seed=1)
    for lies in (Replicate(), Partial()):
        local = x.clone().requires_grad_()
        spread = DTensor.from_local(local, mesh, [Replicate()], grad_placements=[lies])
        (spread * distribute_tensor(weights, mesh, [Replicate()])).sum().to_local().backward()
        if lies.is_partial():
            assert size == 1 or rank == 0 or not local.grad.any()
            dist.all_reduce(local.grad)
        assert torch.equal(local.grad, weights)
    part = x[4 * rank : 4 * rank + 4].clone().requires_grad_()
    spread = DTensor.from_local(part, mesh, [Shard(0)])
    moved = spread.redistribute(placements=[Replicate()], forward_dtype=torch.float32, backward_dtype=torch.bfloat16)
    assert moved.dtype is torch.float32 and spread.dtype is torch.float64 and moved.to_local().dtype is torch.float32
    assert torch.equal(moved.detach().full_tensor(), x.float())
    weights = whole(4 * size, 3, seed=2)
    (moved.to_local() * weights.float()).sum().backward()
    rounded = weights.float().bfloat16().double()[4 * rank : 4 * rank + 4]
    assert part.grad.dtype is torch.float64 and torch.equal(part.grad, rounded)
    turned = DTensor.from_local(x.t(), mesh, [Replicate()], shape=(3, 4 * size), stride=(1, 3))
    assert turned.stride() == (1, 3) and turned.stride(1) == 3 and (turned * 2).stride() == (4 * size, 1)
    for wrong in ({"stride": (3, 1)}, {"shape": (4 * size, 3), "stride": (3,)}):
        with pytest.raises(RuntimeError, match="both shape and stride"):
            DTensor.from_local(x, mesh, [Replicate()], **wrong)


def check_members():
    x = whole(6, 4)
    spread = distribute_tensor(x, mesh, [Shard(-2)])
    assert spread.placements == (Shard(0),) and spread.device_mesh == mesh and isinstance(spread, torch.Tensor)
    assert spread.shape == (6, 4) and spread.size(1) == 4 and spread.numel() == 24 and len(spread) == 6
    assert spread.stride() == (4, 1) and spread.ndim == 2 and spread.dtype == torch.float64 and spread.is_leaf
    parameter = nn.Parameter(spread)
    assert isinstance(parameter, nn.Parameter) and isinstance(parameter, DTensor) and parameter.requires_grad
    layer = nn.Linear(4, 6, bias=False)
    layer.weight = parameter
    assert [name for name, _ in layer.named_parameters()] == ["weight"] and layer.state_dict()["weight"].shape == (6, 4)
    assert "DTensor(local_tensor=" in repr(spread) and "Shard(dim=0)" in repr(spread)
    same(torch.zeros_like(spread), torch.zeros_like(x))
    assert torch.zeros_like(spread).placements == spread.placements
    seen = []
    parameter.register_hook(lambda grad: seen.append(grad.full_tensor()))
    (parameter * 3).sum().full_tensor().backward()
    same(seen[0], torch.full_like(x, 3.0))
    with torch.no_grad():
        parameter.add_(1).mul_(2)
    same(parameter.detach(), (x + 1) * 2)
    assert parameter.data.placements == (Shard(0),) and not parameter.detach().requires_grad
    assert spread.sum().item() == pytest.approx(((x + 1) * 2).sum().item()) and torch.equal(spread, spread.clone())
    torch.manual_seed(3)
    nn.init.normal_(spread)
    torch.manual_seed(3)
    same(spread, nn.init.normal_(x.clone()))
    with pytest.raises(RuntimeError, match=r"got mixed torch\.Tensor and DTensor"):
        spread + x
    with implicit_replication():
        same(spread + x, spread.full_tensor() + x)
    with pytest.raises(ValueError, match="must have the same length"):
        distribute_tensor(x, mesh, [Shard(0), Shard(1)])
    with pytest.raises(RuntimeError, match="greater than tensor ndim"):
        distribute_tensor(x, mesh, [Shard(2)])


def check_pointwise():
    x, y, row = whole(6, 5), whole(6, 5, seed=1), whole(5, seed=2)
    for a, b in itertools.product(ways(0, 1), repeat=2):
        check(lambda x, y: (x * y, x - 2 * y, torch.where(x > y, x, y.exp())), x, y, placements=[[a], [b]])
        check(lambda x, y: F.gelu(x + y).tanh() / 3, x, row, placements=[[a], [b if b != Shard(1) else Shard(0)]])
    spread = distribute_tensor(x, mesh, [Shard(0)])
    spread.clamp_(min=0).add_(1)
    same(spread, x.clamp(min=0) + 1)
    torch.manual_seed(0)
    dropped = F.dropout(distribute_tensor(x, mesh, [Shard(1)]), 0.5)
    torch.manual_seed(0)
    same(dropped, F.dropout(x, 0.5))


def check_products():
    a, b = whole(6, 8), whole(8, 10, seed=1)
    for one, other in itertools.product(ways(0, 1), repeat=2):
        check(lambda a, b: (a @ b).relu(), a, b, placements=[[one], [other]])
    assert (distribute_tensor(a, mesh, [Shard(1)]) @ distribute_tensor(b, mesh, [Shard(0)])).placements == (Partial(),)
    assert (distribute_tensor(a, mesh, [Shard(0)]) @ distribute_tensor(b, mesh, [Replicate()])).placements == (
        Shard(0),
    )
    batch, matrix, vector = whole(4, 3, 8), whole(4, 8, 2, seed=1), whole(8, seed=2)
    for one, other in itertools.product(ways(0, 1, 2), repeat=2):
        check(torch.bmm, batch, matrix, placements=[[one], [other]])
    for one, other in itertools.product(ways(0, 1), ways(0)):
        check(torch.matmul, a, vector, placements=[[one], [other]])
    x, weight, bias = whole(2, 4, 6), whole(8, 6, seed=1), whole(8, seed=2)
    for one, other, last in itertools.product(ways(0, 1, 2), ways(0, 1), ways(0)):
        check(F.linear, x, weight, bias, placements=[[one], [other], [last]])
    check(torch.addmm, whole(10), a, b, placements=[[Shard(0)], [Shard(0)], [Shard(1)]])
    if grid is not None:
        for pair in itertools.product(ways(0, 1), repeat=4):
            check(lambda a, b: (a @ b).relu(), a, b, placements=[pair[:2], pair[2:]], on=grid)


def check_reductions():
    x = whole(6, 4, 5)
    for way in ways(0, 1, 2):
        check(lambda x: (x.sum(), x.mean(), x.sum(1), x.mean((0, 2), keepdim=True)), x, placements=[[way]])
        check(lambda x: (x.amax(1), x.max(), x.var(0), x.logsumexp(2), x.prod()), x, placements=[[way]])
        check(lambda x: (x.max(1)[0], x.sort(0)[0], x.cumsum(1), x.norm()), x, placements=[[way]])
        spread = distribute_tensor(x, mesh, [way])
        same(spread.amax(), x.amax())
        same(spread.argmax(1), x.argmax(1))
        assert torch.allclose(torch.stack([spread.norm(), (spread * 2).norm()]).norm().full_tensor(), x.norm() * 5**0.5)
        assert (spread > -9).all().item()


def check_views():
    x = whole(4, 6, 8)
    for way in ways(0, 1, 2):
        for function in (
            lambda x: x.view(24, 8), lambda x: x.reshape(4, 48), lambda x: x.view(4, 2, 3, 8), lambda x: x.flatten(),
            lambda x: x.unflatten(2, (4, 2)), lambda x: x.transpose(0, 1), lambda x: x.permute(2, 0, 1), lambda x: x.mT,
            lambda x: x.unsqueeze(1), lambda x: x.unsqueeze(0).squeeze(0), lambda x: x[None].expand(3, -1, -1, -1),
            lambda x: x[:, 1], lambda x: x[1:3], lambda x: x[..., None, ::2], lambda x: x[torch.tensor([2, 0])]
            if not isinstance(x, DTensor) else x[distribute_tensor(torch.tensor([2, 0]), mesh)],
            lambda x: x.chunk(2, 1), lambda x: x.split([1, 3], 0), lambda x: torch.cat([x, x * 2], 1),
            lambda x: torch.stack([x, x], 1), lambda x: x.select(2, 3), lambda x: x.narrow(0, 1, 2),
            lambda x: x.softmax(-1), lambda x: F.log_softmax(x, 1), lambda x: x.flip(0), lambda x: x.roll(1, 1),
        ):  # fmt: skip
            check(function, x, placements=[[way]])
    assert distribute_tensor(x, mesh, [Shard(2)]).view(4, 6, 4, 2).placements == (Shard(2),)


def check_layers():
    numbers, table = torch.tensor([[0, 5, 2, 5], [7, 1, 1, 3]]), whole(9, 6)
    for one, other in itertools.product(ways(0, 1), ways(0, 1)):
        check(
            lambda numbers, table: F.embedding(numbers, table, padding_idx=1),
            numbers,
            table,
            placements=[[one], [other]],
        )
    x, weight, bias = whole(4, 6, 8), whole(8, seed=1), whole(8, seed=2)
    for way in ways(0, 1, 2):
        check(
            lambda x, w, b: F.layer_norm(x, (8,), w, b),
            x,
            weight,
            bias,
            placements=[[way], [Replicate()], [Replicate()]],
        )
        check(lambda x, w: F.rms_norm(x, (8,), w), x, weight, placements=[[way], [Replicate()]])
    heads = [whole(2, 4, 6, 8, seed=seed) for seed in range(3)]
    for way in ways(0, 1, 2):
        check(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), *heads, placements=[[way]] * 3)
    check(lambda x, y: F.mse_loss(x, y), x, whole(4, 6, 8, seed=3), placements=[[Shard(0)], [Shard(1)]])
    check(
        lambda x, y: F.cross_entropy(x, y), whole(4, 6), torch.tensor([1, 0, 5, 2]), placements=[[Shard(0)], [Shard(0)]]
    )


def check_functions_of_parts():
    x = whole(8, 4)
    double = local_map(lambda part, scale: (part * scale, part.sum()), ([Shard(0)], [Partial()]), ([Shard(0)], None))
    spread = distribute_tensor(x, mesh, [Shard(0)]).requires_grad_()
    doubled, total = double(spread, 2)
    same(doubled.detach(), 2 * x)
    same(total.detach(), x.sum())
    (doubled.sum() + total).full_tensor().backward()
    same(spread.grad, torch.full_like(x, 3.0))
    if size > 1:
        with pytest.raises(ValueError, match="redistribute_inputs=True"):
            double(spread.detach().redistribute(placements=[Replicate()]), 2)


@torch.library.custom_op("parts::scaled", mutates_args=())
def scaled(x: torch.Tensor, factor: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    return x * factor, x.T.contiguous()


asked = []


@register_sharding(torch.ops.parts.scaled.default)
def lies_of_scaled(x, factor=2.0):
    asked.append((x.ndim, factor))
    copies = ([Replicate(), Replicate()], [Replicate(), None])
    return [copies, ([Shard(0), Shard(1)], [Shard(0), None]), ([Shard(1), Shard(0)], [Shard(1), None])]


@register_sharding(torch.ops.aten._log_softmax.default)
def lies_of_log_softmax(x, dim, half_to_float):
    kept = [([Shard(d)], [Shard(d), None, None]) for d in range(x.ndim) if d != dim % x.ndim]
    return [([Replicate()], [Replicate(), None, None]), *kept]


def check_rules_of_users():
    """Rules that a program gives decide how results lie, whatever way the op is called."""
    x = whole(8, 4)
    for call in (scaled, torch.ops.parts.scaled, torch.ops.parts.scaled.default):
        first, second = call(distribute_tensor(x, mesh, [Shard(0)]), 3.0)
        assert (first.placements, second.placements) == ((Shard(0),), (Shard(1),)) and asked[-1] == (2, 3.0)
        same(first, 3 * x)
        same(second, x.T)
    # Nine rows are no equal parts of two or four: every process has them all.
    first, _ = scaled(distribute_tensor(whole(9, 3), mesh, [Shard(0)]))
    assert first.placements == ((Replicate(),) if size > 1 else (Shard(0),))
    same(first, 2 * whole(9, 3))
    for way in ways(0, 1):
        check(lambda x: torch.log_softmax(x, 1), x, placements=[[way]])
        lies = torch.log_softmax(distribute_tensor(x, mesh, [way]), dim=1).placements
        assert lies == ((Replicate(),) if way == Shard(1) else (way,)) or size == 1
    with pytest.raises(TypeError, match="expected an overload"):
        register_sharding(torch.softmax)


def check_files():
    """A file holds a process's part, also one that does not begin where its memory does; and how it lies."""
    for placement in (Shard(0), Shard(1), Replicate()):
        tensor = distribute_tensor(nn.Parameter(whole(5, 3)), mesh, [placement])
        for safely in (True, False):
            file = io.BytesIO()
            torch.save({"tensor": tensor}, file)
            file.seek(0)
            read = torch.load(file, weights_only=safely)["tensor"]
            assert read.placements == (placement,) and read.device_mesh == mesh and read.requires_grad
            assert isinstance(read, nn.Parameter) and torch.equal(read.to_local(), tensor.to_local())
            same(read * 2, whole(5, 3) * 2)
        read = pickle.loads(pickle.dumps(tensor))
        assert torch.equal(read.to_local(), tensor.to_local())
    if grid is not None:
        assert pickle.loads(pickle.dumps(grid))["tp"].get_group() is grid["tp"].get_group()


def check_shapes_alone():
    """What has no elements is spread without messages."""
    spread = distribute_tensor(torch.empty(5, 3, device="meta"), mesh, [Shard(0)])
    length = Shard.local_shard_size_and_offset(5, size, rank)[0]
    assert spread.shape == (5, 3) and spread.to_local().shape == (length, 3) and spread.device.type == "meta"
    layer = torch.distributed.tensor.distribute_module(nn.Linear(3, 2, device="meta"), mesh)
    assert isinstance(layer.weight, DTensor) and layer.weight.device.type == "meta"


def check_parameters():
    """A parameter of a spread tensor is one, and gets the values that `nn.init` gives the whole."""
    spread = distribute_tensor(torch.zeros(2 * size, 3), mesh, [Shard(0)])
    for made in (nn.Parameter(spread), nn.Parameter(distribute_tensor(nn.Parameter(spread.full_tensor()), mesh))):
        assert isinstance(made, DTensor) and isinstance(made, nn.Parameter) and made.is_leaf and made.requires_grad
    layer = torch.distributed.tensor.distribute_module(nn.Linear(3, 2 * size, device="meta"), mesh, shard_rows)
    layer.to_empty(device="cpu")
    alone = nn.Linear(3, 2 * size)
    for each in (layer, alone):
        torch.manual_seed(7)
        each.reset_parameters()
    assert layer.weight.placements == (Shard(0),) and layer.weight.is_leaf
    assert torch.equal(layer.weight.full_tensor(), alone.weight) and torch.equal(layer.bias.full_tensor(), alone.bias)


def shard_rows(name, module, mesh):
    for key, parameter in list(module.named_parameters(recurse=False)):
        module.register_parameter(key, nn.Parameter(distribute_tensor(parameter, mesh, [Shard(0)])))


def check_new_ones():
    """Of the same shape a new tensor lies as the other does, if all parts are equally large; else it is copied."""
    even = distribute_tensor(torch.ones(4 * size, 3), mesh, [Shard(0)])
    for made, value in ((even.new_zeros(4 * size, 3), 0.0), (even.new_full((4 * size, 3), 2.5), 2.5),
                        (even.new_ones((4 * size, 3), dtype=torch.int64), 1)):  # fmt: skip
        assert made.placements == (Shard(0),) and made.to_local().shape == (4, 3)
        assert made.full_tensor().tolist() == [[value] * 3] * (4 * size)
    assert even.new_zeros(5).placements == (Replicate(),) and even.new_zeros((5, 2)).to_local().shape == (5, 2)
    uneven = distribute_tensor(torch.ones(4 * size + 1, 3), mesh, [Shard(0)])
    assert uneven.new_zeros(4 * size + 1, 3).full_tensor().shape == (4 * size + 1, 3)


def check_given_gradients():
    """A gradient that is given to a backward pass may lie otherwise than the tensor."""
    whole = torch.randn(2 * size, 2 * size, generator=torch.Generator().manual_seed(0), requires_grad=True)
    spread = distribute_tensor(whole.detach(), mesh, [Shard(1)]).requires_grad_()
    gradient = torch.arange(4.0 * size).view(2 * size, 2)
    (whole[:, :2] * 3).backward(gradient)
    (spread[:, :2] * 3).backward(gradient=distribute_tensor(gradient, mesh, [Shard(0)]))
    assert torch.equal(spread.grad.full_tensor(), whole.grad)


def check_meshes():
    assert mesh.get_group() is dist.group.WORLD
    with pytest.raises(RuntimeError, match="Device type with index is not supported but got cpu:0"):
        init_device_mesh("cpu:0", (size,))
    if grid is not None:
        with pytest.raises(RuntimeError, match=r"`mesh_dim` needs to be specified when device_mesh\.ndim > 1"):
            grid.get_group()


check_functions_of_parts()
check_rules_of_users()
check_files()
check_shapes_alone()
check_parameters()
check_new_ones()
check_given_gradients()
check_meshes()
for check_of in (
    check_placements,
    check_how_gradients_lie,
    check_members,
    check_pointwise,
    check_products,
    check_reductions,
    check_views,
    check_layers,
):
    check_of()
dist.destroy_process_group()
