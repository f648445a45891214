"""Checkpoints of several processes, and ZeroRedundancyOptimizer."""


def test_checkpoint_survives_a_killed_process_and_serves_other_numbers(launch, tmp_path):
    done = launch(4, "sharding", "save", tmp_path)
    assert done.returncode == 0, done.stderr
    assert launch(2, "sharding", "die", tmp_path).returncode != 0
    for count in (1, 2):
        done = launch(count, "sharding", "load", tmp_path)
        assert done.returncode == 0, done.stderr


def test_optimizer_and_checkpoint_of_two(launch, tmp_path):
    done = launch(2, "sharding", "save", tmp_path)
    assert done.returncode == 0, done.stderr


def test_failures_planners_and_other_files(launch, tmp_path):
    done = launch(2, "checkpoints", tmp_path)
    assert done.returncode == 0, done.stderr
