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
else:
    collective()
