"""Scripted, traced and compiled code, which runs as the Python that it is."""

import copy
import pickle

import ferrotorch as torch
import pytest
from ferrotorch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.scale = 3

    def forward(self, x):
        return self.fc(x) * self.scale

    @torch.jit.export
    def twice(self, x):
        return self(self(x))


class TestCompile:
    def test_modules(self):
        net = Net()
        compiled = torch.compile(net)
        x = torch.ones(1, 2)
        assert torch.equal(compiled(x), net(x)) and isinstance(compiled, torch._dynamo.OptimizedModule)
        assert list(compiled.state_dict()) == ["_orig_mod.fc.weight", "_orig_mod.fc.bias"]
        assert compiled._orig_mod is net and compiled.fc is net.fc and compiled.scale == 3
        compiled.scale = 1
        assert net.scale == 1 and [p is q for p, q in zip(compiled.parameters(), net.parameters(), strict=True)]
        compiled.eval()
        assert not net.training and not compiled.training
        net.load_state_dict({k.removeprefix("_orig_mod."): v for k, v in compiled.state_dict().items()})
        assert torch.equal(copy.deepcopy(compiled)(x), net(x))
        assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Net(")
        with pytest.raises(AttributeError):
            _ = compiled.no_such_name

    def test_functions(self):
        @torch.compile(mode="reduce-overhead", fullgraph=True)
        def add(x, y=1):
            "Adds."
            return x + y

        assert add(torch.ones(1), y=2).item() == 3 and add.__name__ == "add" and add.__doc__ == "Adds."
        assert torch.compile(add, disable=True) is add
        net = Net()
        net.compile()
        assert net(torch.ones(1, 2)).shape == (1, 2)

    def test_what_would_need_a_graph(self):
        with pytest.raises(RuntimeError, match="would be given a graph"):
            torch.compile(Net(), backend=lambda graph, inputs: graph)
        with pytest.raises(RuntimeError, match="Invalid backend: 'nonsense'"):
            torch.compile(Net(), backend="nonsense")
        with pytest.raises(RuntimeError, match="Either mode or options"):
            torch.compile(Net(), mode="max-autotune", options={})

    def test_marks(self):
        assert not torch.compiler.is_compiling() and not torch._dynamo.is_compiling()
        assert torch.compiler.disable(len) is len and torch._dynamo.disable()(len) is len
        assert torch.compiler.allow_in_graph(len) is len
        config = torch._dynamo.config
        with config.patch(suppress_errors=True, brand_new=1):
            assert config.suppress_errors and config.brand_new == 1
        assert not config.suppress_errors and not hasattr(config, "brand_new")
        options = torch._inductor.config
        options.brand_new = None
        del options.brand_new
        with options.patch({"triton.cudagraphs": True, "triton.brand_new": 1, "max_autotune": True}):
            assert options.triton.cudagraphs and options.triton.brand_new == 1 and options.max_autotune
        assert not options.triton.cudagraphs and not hasattr(options.triton, "brand_new") and not options.max_autotune
        numpy = torch.compiler.wrap_numpy(lambda a: a * 2)
        assert torch.equal(numpy(torch.ones(2)), torch.full((2,), 2.0))


class TestScript:
    def test_modules_share_everything(self):
        net = Net()
        scripted = torch.jit.script(net)
        assert isinstance(scripted, torch.jit.ScriptModule) and isinstance(scripted, Net)
        x = torch.ones(1, 2)
        assert torch.equal(scripted(x), net(x)) and torch.equal(scripted.twice(x), net.twice(x))
        scripted.scale = 5
        assert net.scale == 5 and scripted.fc.weight is net.fc.weight and scripted.original_name == "Net"
        assert list(scripted.state_dict()) == ["fc.weight", "fc.bias"] and torch.jit.script(scripted) is scripted
        clone = copy.deepcopy(scripted)
        assert isinstance(clone, torch.jit.ScriptModule) and clone.fc.weight is not net.fc.weight
        assert torch.equal(pickle.loads(pickle.dumps(scripted))(x), net(x))

    def test_traces_run_once_and_stay_code(self):
        calls = []

        def double(x):
            calls.append(torch.is_grad_enabled())
            return x * 2 if x.sum() > 0 else x

        traced = torch.jit.trace(double, torch.ones(2))
        assert calls == [False] and traced(-torch.ones(1)).item() == -1
        net = torch.jit.trace(Net(), (torch.ones(1, 2),), check_trace=False)
        assert net(torch.ones(3, 2)).shape == (3, 2)
        with pytest.raises(TypeError):
            torch.jit.trace(Net(), (torch.ones(1, 2), 1))

    def test_what_needs_a_program_says_so(self):
        scripted = torch.jit.script(Net())
        with pytest.raises(RuntimeError, match="no program to save"):
            scripted.save("net.pt")
        with pytest.raises(RuntimeError, match="no program to save"):
            torch.jit.save(scripted, "net.pt")
        with pytest.raises(NotImplementedError, match="graph of TorchScript"):
            _ = scripted.graph

    def test_classes_of_programs(self):
        class Old(torch.jit.ScriptModule):
            def __init__(self):
                super().__init__()
                self.n = 2

            @torch.jit.script_method
            def forward(self, x):
                return x * self.n

        old = Old()
        assert old(torch.ones(1)).item() == 2 and copy.deepcopy(old)(torch.ones(1)).item() == 2

    def test_marks(self):
        assert not torch.jit.is_scripting() and not torch.jit.is_tracing()
        assert torch.jit.ignore(len) is len and torch.jit.ignore(drop=True)(len) is len and torch.jit.unused(len) is len
        assert torch.jit.annotate(list[int], []) == [] and torch.jit.Final[int]
        assert torch.jit.isinstance([1, 2], list[int]) and not torch.jit.isinstance([1, "a"], list[int])
        assert torch.jit.isinstance({"a": torch.ones(1)}, dict[str, torch.Tensor])
        assert torch.jit.isinstance((1, "a"), tuple[int, str]) and torch.jit.isinstance(None, int | None)
        assert torch.jit.wait(torch.jit.fork(lambda x: x + 1, 1)) == 2


class TestFutures:
    def test_results_and_errors(self):
        future = torch.futures.Future()
        with pytest.raises(RuntimeError, match="not done"):
            future.value()
        seen = []
        future.add_done_callback(lambda done: seen.append(done.value()))
        later = future.then(lambda done: done.wait() + 1).then(lambda done: 1 / (done.wait() - 3))
        future.set_result(2)
        assert seen == [2] and future.done() and future.wait() == 2
        with pytest.raises(RuntimeError, match="running the callback: ZeroDivisionError: division by zero"):
            later.wait()
        with pytest.raises(RuntimeError, match="only be marked completed once"):
            future.set_result(3)

    def test_together(self):
        futures = [torch.futures.Future() for _ in range(3)]
        together = torch.futures.collect_all(futures)
        for i, future in enumerate(futures):
            assert not together.done()
            future.set_result(i)
        assert torch.futures.wait_all(together.wait()) == [0, 1, 2] and torch.futures.collect_all([]).wait() == []


class TestDataParallel:
    def test_it_is_the_module(self):
        net = nn.DataParallel(Net())
        assert list(net.state_dict()) == ["module.fc.weight", "module.fc.bias"] and net.device_ids == []
        assert torch.equal(net(torch.ones(1, 2)), net.module(torch.ones(1, 2)))
        state = net.state_dict()
        nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
        assert list(state) == ["fc.weight", "fc.bias"] and "fc" in state._metadata

    def test_shares(self):
        from ferrotorch.nn.parallel import gather, parallel_apply, replicate, scatter

        x = {"a": torch.arange(4), "b": [1]}
        first, second = scatter(x, ["cpu", "cpu"])
        assert first["a"].tolist() == [0, 1] and second["a"].tolist() == [2, 3] and first["b"] == [1]
        assert gather([(torch.ones(1), torch.tensor(1)), (torch.zeros(1), torch.tensor(2))], "cpu")[1].tolist() == [
            1,
            2,
        ]
        nets = replicate(Net(), ["cpu", "cpu"])
        assert len(parallel_apply(nets, [torch.ones(1, 2), torch.ones(2, 2)])) == 2
