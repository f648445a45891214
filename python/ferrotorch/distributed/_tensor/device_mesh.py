"""Meshes of processes, under the name of a module next to tensors."""

from ferrotorch.distributed.device_mesh import DeviceMesh, init_device_mesh

__all__ = ["DeviceMesh", "init_device_mesh"]
