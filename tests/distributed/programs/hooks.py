"""Hooks of communication: two processes get the gradients that two of PyTorch got, step for step.

``torchrun --nproc-per-node 2 hooks.py ../data/hooks.json record``, with PyTorch, writes the file; without the last
argument gradients are compared with it.
"""

import itertools
import json
import pickle
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks, quantization_hooks
from torch.distributed.algorithms.ddp_comm_hooks.powerSGD_hook import PowerSGDState, powerSGD_hook
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("gloo")
rank = dist.get_rank()

LOW_RANK = {
    "one": {},
    "two, cold": {"matrix_approximation_rank": 2, "warm_start": False},
    "no feedback": {"matrix_approximation_rank": 2, "use_error_feedback": False, "random_seed": 3},
    "epsilon": {"matrix_approximation_rank": 2, "orthogonalization_epsilon": 0.05},
    "together": {"matrix_approximation_rank": 2, "batch_tensors_with_same_shape": True},
    "three, by QR": {"matrix_approximation_rank": 3},
}
PLAIN = {
    "fp16": default_hooks.fp16_compress_hook,
    "bf16": default_hooks.bf16_compress_hook,
    "fp16 of all_reduce": default_hooks.fp16_compress_wrapper(default_hooks.allreduce_hook),
    "bytes": quantization_hooks.quantization_pertensor_hook,
    "bytes of channels": quantization_hooks.quantization_perchannel_hook,
}


def numbers(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-8, 9, shape, generator=generator).double() / 16


def steps(sizes, hook, state, bias):
    """Gradients of the third and fifth steps of a chain of layers; in between the state goes through a pickle."""
    layers = [nn.Linear(*each, bias=bias).double() for each in itertools.pairwise(sizes)]
    with torch.no_grad():
        for number, parameter in enumerate(p for layer in layers for p in layer.parameters()):
            parameter.copy_(numbers(parameter.shape, number))
    ddp = DDP(nn.Sequential(*layers))
    ddp.register_comm_hook(state, hook)
    found = []
    for step in range(5):
        ddp.zero_grad()
        ddp(numbers((6, sizes[0]), 10 * step + rank)).square().mean().backward()
        if step in (2, 4):
            found.append([[float(f"{x:.7g}") for x in p.grad.flatten().tolist()] for p in ddp.parameters()])
        if state is not None and step == 2:
            state.__setstate__(pickle.loads(pickle.dumps(state)).__getstate__())
    return found


found = {}
for name, options in LOW_RANK.items():
    state = PowerSGDState(None, **{"start_powerSGD_iter": 2, "min_compression_rate": 1, **options})
    found[name] = [steps([8, 9, 9, 7], powerSGD_hook, state, bias=True), list(state.compression_stats())]
for name, hook in PLAIN.items():
    found[name] = [steps([30, 20], hook, None, bias=False), []]

path = Path(sys.argv[1])
if sys.argv[2:] == ["record"]:
    if rank == 0:
        path.write_text(
            "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(found[name])}" for name in found) + "\n}\n"
        )
else:
    recorded = json.loads(path.read_text())
    assert list(found) == list(recorded)
    for name, (gradients, stats) in recorded.items():
        assert found[name][1] == stats, name
        for own, theirs in zip(found[name][0], gradients, strict=True):
            for one, other in zip(own, theirs, strict=True):
                one, other = torch.tensor(one), torch.tensor(other)
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6, msg=lambda m, name=name: f"{name}: {m}")
dist.destroy_process_group()
