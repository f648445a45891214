"""What models and tensors look like: tables of layers, drawings of graphs, pictures in notebooks."""

from ferrotorch.display.drawing import Drawing, draw
from ferrotorch.display.summary import Summary, summary

__all__ = ["Drawing", "Summary", "draw", "summary"]
