"""The simulation of a step with many processes agrees with the model on paper, and with bounds that nothing breaks."""

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location(
    "distributed_model", Path(__file__).parents[2] / "benches" / "distributed_model.py"
)
model = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(model)


@pytest.mark.parametrize("ranks", [1, 2, 7, 64, 1024])
@pytest.mark.parametrize(("bandwidth", "bucket"), [(1.25e8, 25e6), (1.25e9, 5e6), (1.25e10, 1e8)])
def test_simulation_is_the_model_where_processes_are_alike(ranks, bandwidth, bucket):
    job = model.Job(ranks, bandwidth, bucket, gradients=1e8, compute=0.1)
    assert model.simulated(job) == pytest.approx(model.on_paper(job))
    sizes = [size for _, size in model.buckets(job)]
    all_rings = sum(model.ring(job, size) for size in sizes)
    assert model.on_paper(job) >= job.compute + model.ring(job, sizes[-1]) - 1e-12
    first = job.compute / 3 + sizes[0] / 1e8 * job.compute * 2 / 3
    assert model.on_paper(job) >= first + all_rings - 1e-12
    assert model.on_paper(job) <= job.compute + all_rings + 1e-12


def test_slow_processes_hold_up_all():
    even = model.Job(64, 1.25e10, 25e6, 1e8, 0.1)
    uneven = even._replace(jitter=0.1)
    assert model.simulated(uneven) > 1.1 * model.simulated(even)


def test_one_bucket_by_hand():
    # 4 processes, one bucket of 8 MB at 1 GB/s: 6 rounds of 2 ms and 1 ms each.
    job = model.Job(4, 1e9, 8e6, 8e6, compute=0.03, latency=1e-3)
    assert model.on_paper(job) == pytest.approx(0.03 + 6 * 3e-3) == pytest.approx(model.simulated(job))
