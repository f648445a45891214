import tempfile

import torch
from tensordict import TensorDict, tensorclass
from tensordict.nn import TensorDictModule, TensorDictSequential

torch.manual_seed(0)
td = TensorDict({"a": torch.randn(3, 4), "b": {"c": torch.arange(6).reshape(3, 2)}}, batch_size=[3])
print(td.shape, td["b", "c"].sum().item(), td[1:].batch_size, sorted(td.keys(True, True), key=str))
print(torch.stack([td, td], 0).shape, torch.cat([td, td], 0)["a"].shape, td.unbind(0)[0]["a"].shape)
print(td.to(torch.float64)["b", "c"].dtype, (td + 1)["a"].sum().item(), td.apply(lambda x: x * 2)["a"].sum().item())
print(td.flatten_keys("."), td.reshape(3, 1).shape, td.expand(2, 3).shape)
net = TensorDictSequential(
    TensorDictModule(torch.nn.Linear(4, 5), ["a"], ["h"]), TensorDictModule(torch.nn.Tanh(), ["h"], ["out"])
)
out = net(td)
out["out"].sum().backward()
print(out["out"].sum().item(), sum(p.grad.abs().sum().item() for p in net.parameters()))
params = TensorDict.from_module(net)
print(len(list(params.keys(True, True))), params.is_locked)
with params.data.apply(torch.zeros_like).to_module(net):
    print(net(td)["out"].abs().sum().item())
with tempfile.TemporaryDirectory() as folder:
    td.clone().memmap(folder)
    print(TensorDict.load_memmap(folder)["a"].sum().item())


@tensorclass
class Data:
    image: torch.Tensor
    label: torch.Tensor


data = Data(torch.randn(4, 3), torch.zeros(4), batch_size=[4])
print(data[:2].image.shape, torch.stack([data, data]).label.shape)
print(torch.vmap(lambda p: p["a"].sum())(td.select("a")))
