"""A process that fails ends the job, soon, and says why; so does a mistake that would hang."""

import time

import pytest

# What is written, and the longest that it may take, on a machine that has other things to do.
CASES = {
    "raise": r"\[rank1\]: ValueError: a fault of the program",
    "exit": r"\[rank1\]: SystemExit: exit status 3",
    "end": r"\[rank0\]: .*all_reduce: rank 1 has ended while rank 0 waits for it",
    "late": r"\[rank0\]: .*all_reduce: timed out after 3 s on rank 0",
    "monitored": r"\[rank0\]: .*Rank 1 failed to pass monitoredBarrier in 500 ms",
    "shape": r"do not call the same operation.*Rank \d calls all_reduce\(\[\d\] torch.float32, SUM\)",
    "dtype": r"do not call the same operation",
    "order": r"do not call the same operation.*Rank \d calls (all_reduce|barrier)",
    "message": r"recv: a message of 8 bytes from rank 0 for a tensor of 12 bytes",
    "long message": r"recv: a message.* of 36 bytes|recv: a message that is longer than the tensor.*12 bytes",
    "scatter": r"scatter: rank 0 sends 2 elements to rank 1, which expects 3",
    "gather": r"gather: rank 1 sends 4 elements to rank 0, which expects 3",
    "exchange": r"all_to_all_single: rank \d sends [13] elements to rank \d, which expects 2",
    "equal exchange": r"all_to_all_single: rank 1 sends 1 elements to rank 0, which expects 2",
    "lists": r"all_to_all: rank 1 sends 3 elements to rank 1, which expects 2",
    "sparse": r"all_reduce: tensors of layout torch.sparse_coo are not exchanged: use to_dense\(\)",
}


def _failed(launch, mode, **environment):
    began = time.monotonic()
    done = launch(2, "failures", mode, **environment)
    assert done.returncode != 0 and time.monotonic() - began < 25
    return done.stderr


@pytest.mark.parametrize("mode", CASES)
def test_failure(launch, mode):
    import re

    written = _failed(launch, mode)
    assert re.search(CASES[mode], written), written


def test_killed_process_ends_the_job(launch):
    _failed(launch, "kill")


@pytest.mark.parametrize(
    ("mode", "first", "second"),
    [
        ("shape", r"all_reduce([2] torch.float32, SUM)", r"all_reduce([3] torch.float32, SUM)"),
        ("dtype", r"all_reduce([2] torch.float64, SUM)", r"all_reduce([2] torch.float32, SUM)"),
        ("order", r"barrier()", r"all_reduce([3] torch.float32, SUM)"),
    ],
)
def test_detail_names_both_calls(launch, mode, first, second):
    written = _failed(launch, mode, TORCH_DISTRIBUTED_DEBUG="DETAIL")
    assert f"Rank 0 is running collective: {first}" in written, written
    assert f"but Rank 1 is running collective: {second}" in written, written
