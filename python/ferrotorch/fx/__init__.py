"""Programs as graphs: tracing modules and functions, changing what they do, and writing them as Python again.

>>> traced = symbolic_trace(model)
>>> print(traced.graph, traced.code)
>>> for node in traced.graph.nodes:
...     if node.target is torch.relu:
...         node.target = torch.sigmoid
>>> traced.recompile()
"""

from ferrotorch.fx import immutable_collections as immutable_collections
from ferrotorch.fx._symbolic_trace import PH as PH
from ferrotorch.fx._symbolic_trace import ProxyableClassMeta as ProxyableClassMeta
from ferrotorch.fx._symbolic_trace import Tracer, symbolic_trace, wrap
from ferrotorch.fx.graph import CodeGen as CodeGen
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.interpreter import Interpreter, Transformer
from ferrotorch.fx.node import Node, has_side_effect, map_arg
from ferrotorch.fx.proxy import Proxy
from ferrotorch.fx.subgraph_rewriter import replace_pattern

__all__ = [
    "Graph",
    "GraphModule",
    "Interpreter",
    "Node",
    "Proxy",
    "Tracer",
    "Transformer",
    "has_side_effect",
    "map_arg",
    "replace_pattern",
    "symbolic_trace",
    "wrap",
]
