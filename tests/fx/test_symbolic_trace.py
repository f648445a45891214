"""Tracing modules and functions: the graphs and the code that come of it, as PyTorch prints them."""

from __future__ import annotations

import math
import pickle

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import fx, nn
from ferrotorch.fx.experimental.rewriter import RewritingTracer
from ferrotorch.fx.proxy import TraceError


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(3, 4)
        self.p = nn.Parameter(torch.zeros(4))
        self.register_buffer("b", torch.ones(4))
        self.seq = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x, scale=2.0):
        y = F.relu(self.lin(x) + self.p * self.b).view(-1, x.shape[0])
        a, b = torch.cat([y, y * scale], dim=-1).chunk(2, 1)
        z = self.seq(a[..., :4]) - b.size(0) ** 2
        return {"o": F.softmax(-z @ z.T, dim=1), "l": [z, torch.tensor([1.0, 2.0])]}


GRAPH = """\
graph():
    %x : [num_users=2] = placeholder[target=x]
    %scale : [num_users=1] = placeholder[target=scale](default=2.0)
    %lin : [num_users=1] = call_module[target=lin](args = (%x,), kwargs = {})
    %p : [num_users=1] = get_attr[target=p]
    %b : [num_users=1] = get_attr[target=b]
    %mul : [num_users=1] = call_function[target=operator.mul](args = (%p, %b), kwargs = {})
    %add : [num_users=1] = call_function[target=operator.add](args = (%lin, %mul), kwargs = {})
    %relu : [num_users=1] = call_function[target=torch.nn.functional.relu](args = (%add,), kwargs = {inplace: False})
    %getattr_1 : [num_users=1] = call_function[target=builtins.getattr](args = (%x, shape), kwargs = {})
    %getitem : [num_users=1] = call_function[target=operator.getitem](args = (%getattr_1, 0), kwargs = {})
    %view : [num_users=2] = call_method[target=view](args = (%relu, -1, %getitem), kwargs = {})
    %mul_1 : [num_users=1] = call_function[target=operator.mul](args = (%view, %scale), kwargs = {})
    %cat : [num_users=1] = call_function[target=torch.cat](args = ([%view, %mul_1],), kwargs = {dim: -1})
    %chunk : [num_users=2] = call_method[target=chunk](args = (%cat, 2, 1), kwargs = {})
    %getitem_1 : [num_users=1] = call_function[target=operator.getitem](args = (%chunk, 0), kwargs = {})
    %getitem_2 : [num_users=1] = call_function[target=operator.getitem](args = (%chunk, 1), kwargs = {})
    %getitem_3 : [num_users=1] = call_function[target=operator.getitem](args = (%getitem_1, (Ellipsis, slice(None, 4, None))), kwargs = {})
    %seq_0 : [num_users=1] = call_module[target=seq.0](args = (%getitem_3,), kwargs = {})
    %seq_1 : [num_users=1] = call_module[target=seq.1](args = (%seq_0,), kwargs = {})
    %size : [num_users=1] = call_method[target=size](args = (%getitem_2, 0), kwargs = {})
    %pow_1 : [num_users=1] = call_function[target=operator.pow](args = (%size, 2), kwargs = {})
    %sub : [num_users=3] = call_function[target=operator.sub](args = (%seq_1, %pow_1), kwargs = {})
    %neg : [num_users=1] = call_function[target=operator.neg](args = (%sub,), kwargs = {})
    %getattr_2 : [num_users=1] = call_function[target=builtins.getattr](args = (%sub, T), kwargs = {})
    %matmul : [num_users=1] = call_function[target=operator.matmul](args = (%neg, %getattr_2), kwargs = {})
    %softmax : [num_users=1] = call_function[target=torch.nn.functional.softmax](args = (%matmul,), kwargs = {dim: 1, _stacklevel: 3, dtype: None})
    %_tensor_constant0 : [num_users=1] = get_attr[target=_tensor_constant0]
    return {'o': softmax, 'l': [sub, _tensor_constant0]}"""  # noqa: E501

CODE = """


def forward(self, x, scale = 2.0):
    lin = self.lin(x)
    p = self.p
    b = self.b
    mul = p * b;  p = b = None
    add = lin + mul;  lin = mul = None
    relu = torch.nn.functional.relu(add, inplace = False);  add = None
    getattr_1 = x.shape;  x = None
    getitem = getattr_1[0];  getattr_1 = None
    view = relu.view(-1, getitem);  relu = getitem = None
    mul_1 = view * scale;  scale = None
    cat = torch.cat([view, mul_1], dim = -1);  view = mul_1 = None
    chunk = cat.chunk(2, 1);  cat = None
    getitem_1 = chunk[0]
    getitem_2 = chunk[1];  chunk = None
    getitem_3 = getitem_1[(Ellipsis, slice(None, 4, None))];  getitem_1 = None
    seq_0 = getattr(self.seq, "0")(getitem_3);  getitem_3 = None
    seq_1 = getattr(self.seq, "1")(seq_0);  seq_0 = None
    size = getitem_2.size(0);  getitem_2 = None
    pow_1 = size ** 2;  size = None
    sub = seq_1 - pow_1;  seq_1 = pow_1 = None
    neg = -sub
    getattr_2 = sub.T
    matmul = neg @ getattr_2;  neg = getattr_2 = None
    softmax = torch.nn.functional.softmax(matmul, dim = 1, _stacklevel = 3, dtype = None);  matmul = None
    _tensor_constant0 = self._tensor_constant0
    return {'o': softmax, 'l': [sub, _tensor_constant0]}
    """


class ProxiedBuffers(fx.Tracer):
    proxy_buffer_attributes = True


def test_graph_and_code():
    torch.manual_seed(0)
    model = Model()
    tracer = ProxiedBuffers()
    traced = fx.GraphModule(model, tracer.trace(model), "Model")
    assert str(traced.graph) == GRAPH
    assert traced.code == CODE
    x = torch.rand(4, 3)
    found, right = traced(x), model(x)
    assert torch.equal(found["o"], right["o"]) and torch.equal(found["l"][0], right["l"][0])
    assert list(traced.state_dict()) == [
        "p", "b", "_tensor_constant0", "lin.weight", "lin.bias", "seq.0.weight", "seq.0.bias",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "target"),
    [
        (lambda x: torch.relu(x), "torch.relu"),
        (lambda x: F.relu(x), "torch.nn.functional.relu"),
        (lambda x: F.linear(x, x), "torch._C._nn.linear"),
        (lambda x: F.gelu(x), "torch._C._nn.gelu"),
        (lambda x: F.logsigmoid(x), "torch._C._nn.log_sigmoid"),
        (lambda x: F.conv2d(x, x), "torch.conv2d"),
        (lambda x: F.layer_norm(x, (3,)), "torch.nn.functional.layer_norm"),
        (lambda x: torch.einsum("ij->ji", x), "torch.functional.einsum"),
        (lambda x: torch.flatten(x, 1), "torch.flatten"),
        (lambda x: abs(x), "operator.abs"),
        (lambda x: x.mean((1, 2), keepdim=True), "mean"),
        (lambda x: math.sqrt(x), "math.sqrt"),
    ],
)
def test_names_of_what_is_called(function, target):
    graph = fx.Tracer().trace(function)
    called = next(node for node in graph.nodes if node.op.startswith("call"))
    assert called._pretty_print_target(called.target) == target


def test_functions_that_are_built_in_get_their_arguments_as_given():
    graph = fx.Tracer().trace(lambda x: F.conv2d(F.gelu(x, approximate="tanh"), x, stride=2))
    gelu, conv = (node for node in graph.nodes if node.op == "call_function")
    assert gelu.kwargs == {"approximate": "tanh"} and conv.kwargs == {"stride": 2} and len(conv.args) == 2


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (
            lambda x: x if x.sum() > 0 else -x,
            TraceError,
            "symbolically traced variables cannot be used as inputs to control flow",
        ),
        (lambda x: list(x), TraceError, "Proxy object cannot be iterated"),
        (lambda x: len(x), RuntimeError, "'len' is not supported in symbolic tracing by default"),
        (lambda x: {"a": {x: 1}}, RuntimeError, "Keys for dictionaries used as an argument cannot contain a Node"),
        (lambda x: torch.add(x, object()), NotImplementedError, "argument of type: <class 'object'>"),
    ],
)
def test_what_cannot_be_traced(function, error, text):
    with pytest.raises(error, match=text):
        fx.symbolic_trace(function)


def test_concrete_args():
    traced = fx.symbolic_trace(lambda x, n: x * n if n > 2 else x, concrete_args={"n": 3})
    assert traced(torch.ones(1), 3).item() == 3.0
    assert "_assert = torch._assert(eq, 'n has been specialized to have value 3 but got another value')" in traced.code
    with pytest.raises(AssertionError, match="n has been specialized to have value 3"):
        traced(torch.ones(1), 4)


def _pairs(x, ys):
    a, b = ys
    return {"k": x + a * b}


PAIRS = """


def forward(self, x, ys):
    x, ys_1, ys_2, = fx_pytree.tree_flatten_spec([x, ys], self._in_spec)
    mul = ys_1 * ys_2;  ys_1 = ys_2 = None
    add = x + mul;  x = mul = None
    return pytree.tree_unflatten([add], self._out_spec)
    """


def test_containers_as_inputs():
    traced = fx.symbolic_trace(_pairs, concrete_args={"ys": (fx.PH, fx.PH)})
    assert traced.code == PAIRS
    again = pickle.loads(pickle.dumps(traced))
    for module in (traced, again):
        assert module(torch.ones(1), (torch.ones(1), 2))["k"].tolist() == [3.0]


class Gathering(nn.Module):
    def forward(self, *args, k=1, **kw):
        return args[0] + kw["z"] + k


def test_variadic_parameters():
    code = fx.symbolic_trace(Gathering()).code
    assert "def forward(self, k = 1, *args, **kw):" in code


@fx.wrap
def leaf(x, k):
    return x * k if x.sum() > 0 else x


fx.wrap("any")


def test_wrapped_functions_are_nodes():
    traced = fx.symbolic_trace(lambda x: leaf(x, 3) + any(x))
    for module in (traced, fx.symbolic_trace(traced), pickle.loads(pickle.dumps(traced))):
        assert [n.target for n in module.graph.nodes if n.op == "call_function"][:2] == [leaf, any]
        assert module(torch.ones(2)).tolist() == [4.0, 4.0]
    with pytest.raises(NotImplementedError, match="wrap must be called at the top level of a module"):
        fx.wrap("anything")


def test_other_leaves_and_modules():
    class Inner(nn.Module):
        def forward(self, x):
            return x + 1

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Inner()

        def forward(self, x):
            return self.inner(x) * 2

    class Leaves(fx.Tracer):
        def is_leaf_module(self, m, module_qualified_name):
            return isinstance(m, Inner) or super().is_leaf_module(m, module_qualified_name)

    ops = [(n.op, str(n.target)) for n in Leaves().trace(Outer()).nodes]
    assert ("call_module", "inner") in ops
    graph = fx.Tracer().trace(Outer())
    add = next(n for n in graph.nodes if n.name == "add")
    assert dict(add.meta["nn_module_stack"]) == {"inner": ("inner", Inner)}


def test_parameters_of_known_shape():
    class Sized(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return x + self.w if self.w.shape[0] == 3 else x

    model = Sized()
    graph = fx.Tracer(param_shapes_constant=True).trace(model)
    assert [n.op for n in graph.nodes] == ["placeholder", "get_attr", "call_function", "output"]


@pytest.mark.parametrize(
    ("module", "signature"),
    [
        (nn.Sequential(nn.Tanh()), "forward(self, input):"),
        (nn.Linear(2, 2), "forward(self, input : torch.Tensor) -> torch.Tensor:"),
        (nn.MaxPool2d(2), "forward(self, input : torch.Tensor):"),
        (nn.RMSNorm(2), "forward(self, x : torch.Tensor) -> torch.Tensor:"),
        (
            nn.GaussianNLLLoss(),
            "forward(self, input : torch.Tensor, target : torch.Tensor, var : typing_Union[torch.Tensor,float]) "
            "-> torch.Tensor:",
        ),
        (
            nn.EmbeddingBag(3, 2),
            "forward(self, input : torch.Tensor, offsets : typing_Union[torch.Tensor,NoneType] = None, "
            "per_sample_weights : typing_Union[torch.Tensor,NoneType] = None) -> torch.Tensor:",
        ),
    ],
)
def test_layers_say_what_they_take(module, signature):
    traced = fx.symbolic_trace(module)
    assert traced.code.strip().partition("\n")[0] == f"def {signature}"


def test_annotations_of_programs_are_as_written():
    class Picks(nn.Module):
        def forward(self, x: torch.Tensor, where: fx.Node | None = None) -> torch.Tensor:
            return x

    # This file postpones its annotations: they are text, of which names are made.
    assert "forward(self, x : _torch_Tensor_, where : _fx_Node_None_ = None)" in fx.symbolic_trace(Picks()).code


class Asserting(torch.fx.Tracer):
    trace_asserts = True


# As text: pytest rewrites the assertions of test files.
ASSERTIONS = """
def plain(x):
    assert x.sum() > 0
    return x * 2

def said(x):
    assert x.sum() > 0, "positive"
    return x * 2
"""


@pytest.mark.parametrize("name", ["plain", "said"])
def test_assertions_become_nodes(name):
    functions = {}
    exec(ASSERTIONS, functions)
    tracer = Asserting()
    graph = tracer.trace(functions[name])
    module = torch.fx.GraphModule(tracer.root, graph)
    assert module(torch.ones(2)).tolist() == [2.0, 2.0]
    with pytest.raises(AssertionError):
        module(-torch.ones(2))
    with pytest.raises(TraceError):
        torch.fx.symbolic_trace(functions[name])


def has_statements(x: torch.Tensor) -> torch.Tensor:
    value: int = 3
    other: int
    assert x.sum() > 0, "must be positive"
    assert x.dim() == 1
    other = 2
    return x * value * other


def test_assertions_that_are_rewritten():
    tracer = RewritingTracer()
    graph = tracer.trace(has_statements)
    asserted = [node.args[1] for node in graph.nodes if node.target is torch._assert]
    module = torch.fx.GraphModule(tracer.root, graph)
    assert asserted == ["must be positive", ""]
    assert module(torch.ones(2)).tolist() == [6.0, 6.0]
    with pytest.raises(AssertionError, match="must be positive"):
        module(-torch.ones(2))
