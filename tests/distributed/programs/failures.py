"""Ways in which a program of two processes fails."""

import os
import signal
import sys
import time
from datetime import timedelta

import torch
import torch.distributed as dist

dist.init_process_group("gloo", timeout=timedelta(seconds=3))
rank = dist.get_rank()
mode = sys.argv[1]


def collective():
    dist.all_reduce(torch.ones(3))


if mode in ("raise", "exit", "end", "kill") and rank == 1:
    if mode == "raise":
        raise ValueError("a fault of the program")
    if mode == "exit":
        sys.exit(3)
    if mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
elif mode == "late":
    if rank == 0:
        collective()
    time.sleep(30)
elif mode == "monitored":
    if rank == 0:
        dist.monitored_barrier(timeout=timedelta(seconds=0.5))
    time.sleep(30)
elif mode == "shape":
    dist.all_reduce(torch.ones(2 + rank))
elif mode == "dtype":
    dist.all_reduce(torch.ones(2, dtype=torch.float32 if rank else torch.float64))
elif mode == "order":
    if rank == 0:
        dist.barrier()
    collective()
elif mode == "message":
    if rank == 0:
        dist.send(torch.ones(2), 1)
        collective()
    else:
        dist.recv(torch.ones(3), 0)
elif mode == "long message":
    if rank == 0:
        dist.send(torch.ones(9), 1)
        collective()
    else:
        dist.recv(torch.ones(3), 0)
elif mode == "scatter":
    dist.scatter(torch.ones(3), [torch.ones(3), torch.ones(2)] if rank == 0 else None, 0)
elif mode == "gather":
    dist.gather(torch.ones(3 + rank), [torch.ones(3), torch.ones(3)] if rank == 0 else None, 0)
elif mode == "exchange":
    dist.all_to_all_single(torch.ones(4), torch.ones(4), [2, 2], [1, 3], async_op=True).wait()
elif mode == "equal exchange":
    dist.all_to_all_single(torch.ones(4), torch.ones(4 - 2 * rank))
elif mode == "lists":
    dist.all_to_all([torch.ones(2), torch.ones(2)], [torch.ones(2), torch.ones(2 + rank)])
elif mode == "sparse":
    dist.all_reduce(torch.eye(3).to_sparse())
else:
    collective()
