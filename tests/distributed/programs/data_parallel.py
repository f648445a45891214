"""DistributedDataParallel: gradients are those of one process that has all batches, bit for bit in float64.

Numbers are small multiples of powers of two, with which sums are exact in any order.
"""

import json
import pickle
import tempfile

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import (
    DDPCommHookType,
    default_hooks,
    post_localSGD_hook,
    powerSGD_hook,
    register_ddp_comm_hook,
)
from torch.distributed.algorithms.model_averaging.averagers import PeriodicModelAverager
from torch.distributed.algorithms.model_averaging.hierarchical_model_averager import HierarchicalModelAverager
from torch.distributed.optim import PostLocalSGDOptimizer
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.profiler import profile

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


class Net(nn.Module):
    """Layers of which one is used for some inputs only."""

    def __init__(self, has_branch=False):
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 4)
        self.branch = nn.Linear(8, 4) if has_branch else None

    def forward(self, x, uses_branch=False):
        x = self.first(x).relu()
        return (self.branch if uses_branch else self.second)(x)


def whole(shape, seed):
    """Multiples of 1/4."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-8, 9, shape, generator=generator).double() / 4


def make(seed=0, **options):
    net = Net(**options).double()
    with torch.no_grad():
        for number, parameter in enumerate(net.parameters()):
            parameter.copy_(whole(parameter.shape, seed + number))
    return net


def share(step, of):
    return whole((2, 6), 100 * step + of)


def reference(net, step):
    """Gradients of the mean over processes of the sums of their outputs' squares."""
    loss = sum(net(share(step, of)).square().sum() for of in range(size)) / size
    return torch.autograd.grad(loss, list(net.parameters()))


def check(ddp, expected):
    for parameter, gradient in zip(ddp.module.parameters(), expected, strict=True):
        assert torch.equal(parameter.grad, gradient), (rank, parameter.grad, gradient)


def check_gradients(**options):
    ddp = DDP(make(seed=rank), **options)
    for step in range(3):
        ddp.zero_grad()
        ddp(share(step, rank)).square().sum().backward()
        check(ddp, reference(make(), step))
    if options.get("gradient_as_bucket_view"):
        storages = {parameter.grad.untyped_storage().data_ptr() for parameter in ddp.parameters()}
        assert len(storages) == len(ddp.reducer.buckets)


def check_accumulation():
    ddp = DDP(make())
    with ddp.no_sync():
        ddp(share(0, rank)).square().sum().backward()
    alone = make()
    alone(share(0, rank)).square().sum().backward()
    check(ddp, [parameter.grad for parameter in alone.parameters()])
    ddp(share(1, rank)).square().sum().backward()
    sums = [a + b for a, b in zip(reference(make(), 0), reference(make(), 1), strict=True)]
    check(ddp, sums)


def check_unused():
    for static in (False, True):
        ddp = DDP(make(has_branch=True), find_unused_parameters=not static, static_graph=static)
        uses_branch = rank == 0 and not static
        for _ in range(2):
            ddp.zero_grad()
            ddp(share(0, rank), uses_branch).square().sum().backward()
            net = make(has_branch=True)
            loss = sum(net(share(0, of), of == 0 and not static).square().sum() for of in range(size)) / size
            expected = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
            for parameter, gradient in zip(ddp.module.parameters(), expected, strict=True):
                same = parameter.grad is None if gradient is None else torch.equal(parameter.grad, gradient)
                assert same, (rank, parameter.grad, gradient)
    ddp = DDP(make(has_branch=True))
    ddp(share(0, rank)).sum().backward()
    with pytest.raises(RuntimeError, match=r"find_unused_parameters=True.*\[4, 5\]"):
        ddp(share(0, rank))


def check_hooks():
    for hook, tolerance in [
        (default_hooks.allreduce_hook, 0.0),
        (default_hooks.fp16_compress_hook, 2e-3),
        (default_hooks.bf16_compress_hook, 2e-2),
        (default_hooks.fp16_compress_wrapper(default_hooks.allreduce_hook), 2e-3),
    ]:
        ddp = DDP(make(), bucket_cap_mb=1e-4)
        assert len(ddp.reducer.buckets) > 1
        ddp.register_comm_hook(None, hook)
        for step in range(2):
            ddp.zero_grad()
            ddp(share(step, rank)).square().sum().backward()
            for parameter, gradient in zip(ddp.parameters(), reference(make(), step), strict=True):
                torch.testing.assert_close(parameter.grad, gradient, rtol=2 * tolerance, atol=300 * tolerance)


def check_low_rank():
    """Gradients of few samples are matrices of low rank: their averages are found as they are."""
    for hook in (powerSGD_hook.powerSGD_hook, powerSGD_hook.batched_powerSGD_hook):
        torch.manual_seed(0)
        ddp, plain = DDP(nn.Linear(32, 16).double()), nn.Linear(32, 16).double()
        plain.load_state_dict(ddp.module.state_dict())
        is_batched = hook is powerSGD_hook.batched_powerSGD_hook
        state = powerSGD_hook.PowerSGDState(None, 23 if is_batched else size, 2, min_compression_rate=1)
        ddp.register_comm_hook(state, hook)
        for step in range(4):
            x = [whole((1, 32), 10 * step + of) for of in range(size)]
            ddp.zero_grad()
            ddp(x[rank]).square().sum().backward()
            grads = torch.autograd.grad(sum(plain(each).square().sum() for each in x) / size, list(plain.parameters()))
            for parameter, gradient in zip(ddp.parameters(), grads, strict=True):
                torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-6)
        assert state.q_memory_dict
    state = powerSGD_hook.PowerSGDState(None, 1, 2)
    ddp = DDP(nn.Linear(32, 16).double())
    register_ddp_comm_hook(DDPCommHookType.POWER_SGD, ddp, state)
    for step in range(3):
        ddp.zero_grad()
        ddp(whole((8, 32), step)).square().sum().backward()
    assert torch.linalg.matrix_rank(ddp.module.weight.grad) == 1 and state.error_dict[0].norm() > 0
    with pytest.raises(ValueError, match="start_powerSGD_iter"):
        powerSGD_hook.PowerSGDState(None, start_powerSGD_iter=1)


def check_batches_of_low_rank():
    """Matrices of one shape give the same, multiplied together or one by one; what was saved is counted."""

    def steps(batched, epsilon):
        torch.manual_seed(0)
        ddp = DDP(nn.Sequential(*(nn.Linear(24, 24) for _ in range(3)), nn.Linear(24, 8)).double())
        state = powerSGD_hook.PowerSGDState(
            None, 24, 2, orthogonalization_epsilon=epsilon, min_compression_rate=0.25,
            compression_stats_logging_frequency=2, batch_tensors_with_same_shape=batched,
        )  # fmt: skip
        ddp.register_comm_hook(state, powerSGD_hook.powerSGD_hook)
        for step in range(4):
            ddp.zero_grad()
            ddp(whole((30, 24), 10 * step + rank)).square().mean().backward()
        return [parameter.grad for parameter in ddp.parameters()], state

    for epsilon in (0, 1e-12):
        (plain, one_by_one), (batched, together) = steps(False, epsilon), steps(True, epsilon)
        torch.testing.assert_close(batched, plain, rtol=1e-5, atol=1e-7)
        assert together.q_memory_dict[0].shape == one_by_one.q_memory_dict[0].shape == (3 * 24 * 24 + 24 * 8 + 4,)
        # Two steps with approximations: factors of three square matrices, an 8 x 24 one and four biases (as columns).
        before, after = 2 * (3 * 24 * 24 + 8 * 24 + 80), 2 * (3 * 2 * 24 * 24 + 32 * 8 + 80 + 4)
        assert together.compression_stats() == one_by_one.compression_stats() == (before / after, before, after)
        assert together.next_stats_report == 4 + together.next_stats_report % 2
    copy = pickle.loads(pickle.dumps(together))
    assert (
        copy.iter == together.iter
        and copy.process_group is None
        and copy.compression_stats() == (together.compression_stats())
    )
    assert torch.equal(copy.q_memory_dict[0], together.q_memory_dict[0])
    assert copy.rng.randint(1000) == together.rng.randint(1000)


def check_no_communication():
    """Each process keeps the gradients of its own share."""
    ddp = DDP(make())
    register_ddp_comm_hook(DDPCommHookType.NOOP, ddp)
    ddp(share(0, rank)).square().sum().backward()
    net = make()
    check(ddp, torch.autograd.grad(net(share(0, rank)).square().sum(), list(net.parameters())))


def check_hierarchy():
    """Averages over pairs in every second step, over all in every fourth, none before ``warmup_steps``."""
    averager = HierarchicalModelAverager({2: 2, 4: size}, warmup_steps=1)
    parameter = nn.Parameter(torch.tensor([float(rank)]))
    parameter.grad = torch.zeros(1)
    pair, everyone = 2 * (rank // 2) + 0.5, (size - 1) / 2
    for step in range(6):
        with torch.no_grad():
            parameter.fill_(rank)
        averager.average_parameters([{"params": [parameter]}])
        expected = everyone if step == 4 or (step == 2 and size == 2) else pair if step == 2 else rank
        assert parameter.item() == expected, (step, parameter)
    for wrong, words in [({}, "not be empty"), ({0: size}, "positive"), ({2: 1}, "must be equal to the size")]:
        with pytest.raises(ValueError, match=words):
            HierarchicalModelAverager(wrong)
    with pytest.raises(ValueError, match="non-negative"):
        HierarchicalModelAverager({2: size}, warmup_steps=-1)
    with pytest.warns(UserWarning, match="is 1"):
        HierarchicalModelAverager({1: size})


def check_local_steps():
    """Averages over all processes in the first step; later each for itself, and parameters in every second step."""
    alone = dist.new_subgroups(1)[0]
    ddp, plain = DDP(make()), [make() for _ in range(size)]
    state = post_localSGD_hook.PostLocalSGDState(None, alone, 1)
    ddp.register_comm_hook(state, post_localSGD_hook.post_localSGD_hook)
    averager = PeriodicModelAverager(2, warmup_steps=1)
    optimizer = PostLocalSGDOptimizer(torch.optim.SGD(ddp.parameters(), lr=2**-8), averager)
    for step in range(4):
        optimizer.zero_grad()
        ddp(share(step, rank)).sum().backward()
        optimizer.step()
        grads = [
            torch.autograd.grad(net(share(step, of)).sum(), list(net.parameters())) for of, net in enumerate(plain)
        ]
        with torch.no_grad():
            for position, parameters in enumerate(zip(*(net.parameters() for net in plain), strict=True)):
                mine = [each[position] for each in grads]
                mean = sum(mine) / size
                for parameter, gradient in zip(parameters, mine, strict=True):
                    parameter.sub_(2**-8 * (mean if step == 0 else gradient))
                if step in (1, 3):
                    average = sum(parameters) / size
                    for parameter in parameters:
                        parameter.copy_(average)
        for one, other in zip(ddp.parameters(), plain[rank].parameters(), strict=True):
            torch.testing.assert_close(one, other)
    assert optimizer.state_dict()["step"] == 4


def check_overlap():
    """The first bucket is on its way while the backward pass goes on."""
    ddp, seen = DDP(make(), bucket_cap_mb=1e-4), []

    def hook(state, bucket):
        seen.append(bucket.index())
        return default_hooks.allreduce_hook(state, bucket)

    ddp.register_comm_hook(None, hook)
    ddp.module.first.register_full_backward_hook(lambda *_: seen.append("first layer"))
    ddp(share(0, rank).requires_grad_()).square().sum().backward()
    assert seen.index(0) < seen.index("first layer")


def check_profiles():
    """A profile shows messages in a lane beside the program's: the first one begins before the pass has ended."""
    ddp = DDP(make(), bucket_cap_mb=1e-4)
    loss = ddp(share(0, rank)).square().sum()
    with profile() as recorded:
        loss.backward()
    sent = [event for event in recorded.events() if event.name == "mpi:all_reduce"]
    assert len(sent) == len(ddp.reducer.buckets) > 1
    assert all(event.is_async and event.self_cpu_time_total == 0 for event in sent)
    computed = [event for event in recorded.events() if event.name.startswith("aten::")]
    assert min(event.start for event in sent) < max(event.start for event in computed)
    waits = [event for event in recorded.events() if event.name == "mpi:wait"]
    assert all(not event.is_async for event in waits)
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        recorded.export_chrome_trace(file.name)
        trace = json.load(file)["traceEvents"]
    lanes = {(event["cat"], event["tid"]) for event in trace if event["name"] == "mpi:all_reduce"}
    assert lanes == {("communication", 1)} and {event["tid"] for event in trace} == {0, 1}


def check_join():
    for divides_by_all in (True, False):
        ddp = DDP(make(), bucket_cap_mb=1e-4)
        optimizer = torch.optim.SGD(ddp.parameters(), lr=2.0**-8)
        steps = 0
        with ddp.join(divide_by_initial_world_size=divides_by_all):
            for step in range(rank + 1):
                optimizer.zero_grad()
                ddp(share(step, rank)).square().sum().backward()
                optimizer.step()
                steps += 1
        assert steps == rank + 1
        alone = make()
        optimizer = torch.optim.SGD(alone.parameters(), lr=2.0**-8)
        for step in range(size):
            active = [of for of in range(size) if of >= step]
            optimizer.zero_grad()
            loss = sum(alone(share(step, of)).square().sum() for of in active)
            (loss / (size if divides_by_all else len(active))).backward()
            optimizer.step()
        for mine, theirs in zip(ddp.module.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)
    ddp = DDP(make())

    def go_on():
        with ddp.join(throw_on_early_termination=True):
            for step in range(rank + 1):
                ddp(share(step, rank)).sum().backward()

    with pytest.raises(RuntimeError, match="exhausted"):
        go_on()


def check_batch_norm():
    """SyncBatchNorm normalises as one process does that has the whole batch; DDP hands its buffers around."""
    parts = [torch.randn(of + 2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(of))
             for of in range(size)]  # fmt: skip
    sync = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(3))).double()
    plain = nn.BatchNorm1d(3).double()
    mine, everything = parts[rank].clone().requires_grad_(), torch.cat(parts).requires_grad_()
    for _ in range(2):
        output, expected = sync(mine), plain(everything)
    start = sum(len(part) for part in parts[:rank])
    rows = slice(start, start + len(parts[rank]))
    torch.testing.assert_close(output, expected[rows])
    (output * torch.arange(output.numel()).view_as(output)).sum().backward()
    weights = torch.cat([torch.arange(part.numel()).view_as(part) for part in parts])
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, everything.grad[rows])
    weight_grad = sync[0].weight.grad
    dist.all_reduce(weight_grad)
    torch.testing.assert_close(weight_grad, plain.weight.grad)
    torch.testing.assert_close(sync[0].running_var, plain.running_var)
    torch.testing.assert_close(sync[0].running_mean, plain.running_mean)
    ddp = DDP(nn.BatchNorm1d(2))
    for _ in range(2):
        ddp(torch.full((4, 2), float(rank)) + torch.arange(4.0)[:, None]).sum().backward()
    with ddp.no_sync():
        buffers = [None] * size
    ddp(torch.ones(4, 2))
    dist.all_gather_object(buffers, ddp.module.num_batches_tracked.item())
    assert buffers == [3] * size


def check_ignored():
    """What is left to each process is neither handed around nor averaged."""
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    with torch.no_grad():
        net[0].weight.fill_(rank + 1)
        net[0].bias.fill_(rank + 1)
        net[1].running_mean.fill_(rank + 1)
    DDP._set_params_and_buffers_to_ignore_for_model(net, ["0.weight", "1.running_mean"])
    ddp = DDP(net)
    assert net[0].weight[0, 0] == net[1].running_mean[0] == rank + 1 and net[0].bias[0] == 1
    ddp.eval()(torch.full((1, 3), rank + 1.0)).sum().backward()
    assert net[1].bias.grad.tolist() == [1.0] * 3 and net[1].running_mean[0] == rank + 1
    assert (net[0].weight.grad[0, 0] / (net[0].weight.grad.new_tensor(1 + 1e-5) ** -0.5) - (rank + 1)).abs() < 1e-4


def check_refusals():
    for text, call in [
        ("require a gradient", lambda: DDP(nn.ReLU())),
        ("device_ids", lambda: DDP(make(), device_ids=[0])),
        ("same model across all ranks", lambda: DDP(nn.Linear(2, 2 + rank))),
    ]:
        with pytest.raises((RuntimeError, ValueError), match=text):
            call()


def check_sampler():
    sampler = torch.utils.data.DistributedSampler(list(range(10)), shuffle=False, drop_last=True)
    seen = [None] * size
    dist.all_gather_object(seen, list(sampler))
    assert sorted(index for each in seen for index in each) == list(range(10 // size * size))


for settings in [{}, {"gradient_as_bucket_view": True}, {"bucket_cap_mb": 1e-4}, {"static_graph": True},
                 {"bucket_cap_mb": 1e-4, "gradient_as_bucket_view": True, "find_unused_parameters": True}]:  # fmt: skip
    check_gradients(**settings)
check_accumulation()
check_unused()
check_hooks()
check_low_rank()
check_batches_of_low_rank()
check_local_steps()
check_no_communication()
check_hierarchy()
check_overlap()
check_profiles()
check_join()
check_batch_norm()
check_ignored()
check_refusals()
check_sampler()
assert list(DDP(make()).state_dict()) == ["module." + name for name in make().state_dict()]
dist.destroy_process_group()
