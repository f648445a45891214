"""`ferrotorch.fit` in several processes computes what it computes in one."""

import json

import pytest


def results(done):
    assert done.returncode == 0, done.stdout + done.stderr
    # What two processes print may come on one line.
    found, text = [], done.stdout
    while (start := text.find("{")) >= 0:
        result, end = json.JSONDecoder().raw_decode(text[start:])
        found.append(result)
        text = text[start + end :]
    return sorted(found, key=lambda result: result["rank"])


def test_processes_train_together(launch):
    (alone,), both = results(launch(1, "trainer")), results(launch(2, "trainer"))
    assert [result["rank"] for result in both] == [0, 1]
    for result in both:
        for name, column in alone["columns"].items():
            assert result["columns"][name] == pytest.approx(column, rel=1e-4), name
        assert result["accuracy"] == result["predicted"]
        assert "make it a DataLoader without batch_sampler over a dataset with indices" in result["refused"]
    assert both[0]["weights"] == both[1]["weights"]
    assert both[0]["rates"] == both[1]["rates"]


def test_a_program_that_speaks_of_no_processes_trains_with_all_of_them(launch):
    (alone,), both = results(launch(1, "trainer_as_ever")), results(launch(2, "trainer_as_ever"))
    for result in both:
        for name, column in alone["columns"].items():
            assert result["columns"][name] == pytest.approx(column, rel=1e-4), name
    # 48 samples of 97 for each, in batches of 7.
    assert both[0]["odd"] == both[1]["odd"] and both[0]["odd"][0] == 3 * 7
    # Each by itself: what it computes does not depend on the others.
    assert both[0]["alone"] == alone["alone"]
    assert [result["alone"][0] for result in both] == [3 * 2, 3 * 4]
    assert both[0]["alone"][1] != both[1]["alone"][1]
