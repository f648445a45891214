"""Modules whose parameters, gradients and optimizer states are spread over processes."""

import pytest


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("program", ["fully_shard", "fsdp_wrapper"])
def test_between_processes(launch, program, count):
    done = launch(count, program, timeout=240)
    assert done.returncode == 0, done.stderr


def test_states_serve_other_numbers_of_processes(launch, tmp_path):
    done = launch(4, "sharded_states", "save", tmp_path, timeout=240)
    assert done.returncode == 0, done.stderr
    for count in (1, 2):
        done = launch(count, "sharded_states", "load", tmp_path)
        assert done.returncode == 0, done.stderr


def test_four_processes_need_less_than_half_of_the_memory_each(launch):
    plain, sharded = launch(1, "memory", "plain"), launch(4, "memory", "sharded")
    assert plain.returncode == sharded.returncode == 0, plain.stderr + sharded.stderr
    peaks = [int(done.stdout.split()[1]) for done in (plain, sharded)]
    parameters = int(plain.stdout.split()[3])
    # Without sharding: parameters, gradients, and two moments.
    assert peaks[0] > 3.9 * parameters and peaks[1] < 0.4 * peaks[0], peaks
