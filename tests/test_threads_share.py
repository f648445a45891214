"""What threads share: models, gradients, hooks, loaders, generators and modules that load at first use.

Each test starts its threads together, so that on a free-threaded Python they do run at once.
"""

import subprocess
import sys
import threading

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.utils.data import DataLoader, TensorDataset

THREADS = 8


def at_once(work, threads=THREADS):
    """What ``work(i)`` returns in each of the threads, which all begin at the same moment."""
    barrier = threading.Barrier(threads)
    results, errors = [None] * threads, []

    def call(i):
        barrier.wait()
        try:
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)

    callers = [threading.Thread(target=call, args=(i,)) for i in range(threads)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    if errors:
        raise errors[0]
    return results


def train(seed):
    """The losses of a small network that is trained on data made from a seed."""
    made = torch.Generator().manual_seed(seed)
    x, target = torch.randn(16, 8, generator=made), torch.randn(16, 3, generator=made)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=made) / 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_models_are_trained_side_by_side():
    alone = [train(seed) for seed in range(THREADS)]
    assert alone[0][-1] < alone[0][0]
    assert at_once(train) == alone


def test_gradients_of_a_shared_parameter_add_up():
    weight = torch.ones(5, requires_grad=True)
    factors = torch.arange(5.0)

    def work(i):
        for _ in range(50):
            (weight * factors).sum().backward()

    at_once(work)
    assert torch.equal(weight.grad, factors * 50 * THREADS)


def test_sparse_and_dense_gradients_of_a_shared_parameter_add_up():
    weight = torch.zeros(4, 3, requires_grad=True)
    rows = torch.tensor([1, 3])

    def work(i):
        for _ in range(50):
            picked = nn.functional.embedding(rows, weight, sparse=True) if i % 2 else weight
            picked.sum().backward()

    at_once(work)
    dense = 50 * ((THREADS + 1) // 2)
    sparse = 50 * (THREADS // 2)
    assert weight.grad.to_dense()[:, 0].tolist() == [dense, dense + sparse, dense, dense + sparse]


def test_threads_walk_a_shared_graph():
    x = torch.arange(1.0, 4.0, requires_grad=True)
    middle = x * x
    at_once(lambda i: [(middle * (i + 1)).sum().backward(retain_graph=True) for _ in range(20)])
    assert torch.equal(x.grad, 2 * x.detach() * 20 * sum(range(1, THREADS + 1)))
    grads = at_once(lambda i: torch.autograd.grad(middle.sum() * i, x, retain_graph=True)[0])
    assert all(torch.equal(grad, 2 * x.detach() * i) for i, grad in enumerate(grads))


def test_hooks_are_called_in_every_thread():
    weight = torch.ones(3, requires_grad=True)
    layer = nn.Linear(3, 2)
    calls = []
    weight.register_hook(lambda grad: calls.append(("tensor", threading.get_ident())))
    weight.register_post_accumulate_grad_hook(lambda leaf: calls.append(("after", threading.get_ident())))
    layer.register_forward_hook(lambda module, args, out: calls.append(("forward", threading.get_ident())))

    def work(i):
        for _ in range(10):
            layer(weight).sum().backward()
            handle = weight.register_hook(lambda grad: None)
            handle.remove()
        return threading.get_ident()

    names = at_once(work)
    for kind in ("tensor", "after", "forward"):
        callers = [caller for name, caller in calls if name == kind]
        assert sorted(callers) == sorted(name for name in names for _ in range(10)), kind


def test_recording_is_switched_for_one_thread():
    x = torch.ones(2, requires_grad=True)

    def work(i):
        seen = set()
        for _ in range(100):
            if i % 2:
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    seen.add(((x * 2).requires_grad, torch.is_autocast_enabled("cpu")))
            else:
                seen.add(((x * 2).requires_grad, torch.is_autocast_enabled("cpu")))
        return seen

    assert at_once(work) == [{(False, True)} if i % 2 else {(True, False)} for i in range(THREADS)]


def test_rows_of_one_tensor_are_written_by_all():
    x = torch.zeros(THREADS, 100)
    version = x._version

    def work(i):
        for _ in range(100):
            x[i].add_(i)

    at_once(work)
    assert torch.equal(x, (torch.arange(THREADS) * 100.0).unsqueeze(1).expand(THREADS, 100))
    assert x._version == version + 100 * THREADS


def test_a_generator_gives_each_number_once():
    torch.manual_seed(3)
    wanted = torch.cat([torch.rand(10) for _ in range(THREADS * 20)])
    torch.manual_seed(3)
    drawn = at_once(lambda i: torch.cat([torch.rand(10) for _ in range(20)]))
    assert torch.equal(torch.cat(drawn).sort().values, wanted.sort().values)


@pytest.mark.parametrize("workers", [0, 2])
def test_each_thread_has_a_loader(workers):
    data = TensorDataset(torch.arange(40.0).reshape(20, 2), torch.arange(20))
    loader = DataLoader(data, batch_size=4, num_workers=workers)

    def work(i):
        return [(x.sum().item(), y.tolist()) for x, y in loader]

    alone = work(0)
    assert len(alone) == 5
    assert at_once(work, threads=3) == [alone] * 3


def test_a_state_is_saved_and_loaded_by_all(tmp_path):
    state = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3)).state_dict()

    def work(i):
        torch.save(state, tmp_path / f"{i}.pt")
        return torch.load(tmp_path / f"{i}.pt")

    for loaded in at_once(work):
        assert loaded.keys() == state.keys()
        assert all(torch.equal(loaded[name], state[name]) for name in state)


FIRST_USE = """
import threading
import ferrotorch as torch
names = ["fft.fft", "linalg.svd", "special.erf", "optim.Adam", "nn.Linear", "distributions.Normal", "sparse.sum",
         "func.grad", "utils.data.DataLoader", "autograd.functional.jacobian"]
found, barrier = [], threading.Barrier(8)
def use(i):
    barrier.wait()
    for name in names[i:] + names[:i]:
        part = torch
        for step in name.split("."):
            part = getattr(part, step)
        found.append((name, part))
threads = [threading.Thread(target=use, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 80 and len({id(part) for _, part in found}) == 10, found
"""


def test_modules_that_load_at_first_use_load_once():
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
