"""Ways of training in several processes: hooks of communication, uneven inputs, checkpoints of activations."""

from ferrotorch.distributed.algorithms.join import Join, Joinable, JoinHook

__all__ = ["Join", "JoinHook", "Joinable"]
