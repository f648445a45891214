"""`ferrotorch.fit` in several processes computes what it computes in one."""

import json

import pytest


def results(done):
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return sorted(found, key=lambda result: result["rank"])


def test_processes_train_together(launch):
    (alone,), both = results(launch(1, "trainer")), results(launch(2, "trainer"))
    assert [result["rank"] for result in both] == [0, 1]
    for result in both:
        for name, column in alone["columns"].items():
            assert result["columns"][name] == pytest.approx(column, rel=1e-4), name
        assert result["accuracy"] == result["predicted"]
        assert "sampler=DistributedSampler(dataset)" in result["refused"]
    assert both[0]["weights"] == both[1]["weights"]
    assert both[0]["rates"] == both[1]["rates"]
