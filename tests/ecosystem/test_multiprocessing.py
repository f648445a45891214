"""Tensors that several processes see, sent through queues, and processes that fail."""

import os
import signal
import sys

import ferrotorch as torch
import ferrotorch.multiprocessing as mp
import pytest
from ferrotorch import nn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no file descriptors to send")


def write(tensor, model, queue, answers):
    tensor[1] = 7
    with torch.no_grad():
        model.weight.fill_(2)
    sent = queue.get()
    answers.put((sent.tolist(), sent.is_shared(), sent.stride(), type(model.weight).__name__))
    sent.zero_()
    answers.put(torch.arange(3.0))
    queue.get()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_memory_is_shared(method):
    context = mp.get_context(method)
    tensor, model = torch.zeros(3), nn.Linear(2, 2)
    assert not tensor.is_shared() and tensor.share_memory_() is tensor and tensor.is_shared()
    assert model.share_memory().weight.is_shared() and model.weight.requires_grad
    queue, answers = context.Queue(), context.Queue()
    process = context.Process(target=write, args=(tensor, model, queue, answers))
    process.start()
    sent = torch.arange(6).view(2, 3).t()
    queue.put(sent)
    assert answers.get(timeout=60) == ([[0, 3], [1, 4], [2, 5]], True, (1, 3), "Parameter")
    assert answers.get(timeout=60).tolist() == [0, 1, 2]
    queue.put(None)
    process.join(60)
    assert process.exitcode == 0
    assert tensor.tolist() == [0, 7, 0] and model.weight.tolist() == [[2, 2], [2, 2]]
    assert sent.is_shared() and sent.sum().item() == 0


def test_what_cannot_be_sent():
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        mp.reducer.ForkingPickler.dumps(x * 2)
    views = torch.zeros(4)
    part = views[1:3].share_memory_()
    part.fill_(1)
    assert part.is_shared() and views.tolist() == [0, 0, 0, 0] and torch.empty(0).share_memory_().numel() == 0


def fail(index, path):
    if index == 1:
        raise KeyError("lost")
    if index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    with open(f"{path}/{index}", "w") as file:
        file.write("done")


def wait(context):
    while not context.join():
        pass


def test_errors_of_processes_are_raised(tmp_path):
    mp.spawn(fail, args=(str(tmp_path),), nprocs=1)
    assert [p.name for p in tmp_path.iterdir()] == ["0"]
    with pytest.raises(mp.ProcessRaisedException, match=r"(?s)Process 1 terminated with the following error.*KeyError"):
        mp.spawn(fail, args=(str(tmp_path),), nprocs=2)
    context = mp.start_processes(fail, args=(str(tmp_path),), nprocs=3, join=False, start_method="fork")
    assert len(context.pids()) == 3
    with pytest.raises(mp.ProcessException):
        wait(context)


def test_strategies():
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()
    mp.set_sharing_strategy("file_system")
    assert mp.get_sharing_strategy() == "file_system"
    mp.set_sharing_strategy("file_descriptor")
    with pytest.raises(AssertionError, match="invalid sharing strategy"):
        mp.set_sharing_strategy("carrier pigeon")
