import os

os.environ["RL_LOGGING_LEVEL"] = "ERROR"

import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule
from torchrl.data import LazyTensorStorage, ReplayBuffer, SamplerWithoutReplacement
from torchrl.modules import MLP, NormalParamExtractor, ProbabilisticActor, TanhNormal, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value import GAE

torch.manual_seed(0)
actor_net = torch.nn.Sequential(MLP(in_features=4, out_features=4, num_cells=[8]), NormalParamExtractor())
actor = ProbabilisticActor(
    TensorDictModule(actor_net, ["observation"], ["loc", "scale"]),
    in_keys=["loc", "scale"], distribution_class=TanhNormal, return_log_prob=True,
)  # fmt: skip
value = ValueOperator(MLP(in_features=4, out_features=1, num_cells=[8]), in_keys=["observation"])
obs = torch.randn(6, 10, 4)
td = TensorDict(
    {
        "observation": obs,
        "next": {
            "observation": torch.randn(6, 10, 4), "reward": torch.randn(6, 10, 1),
            "done": torch.zeros(6, 10, 1, dtype=torch.bool), "terminated": torch.zeros(6, 10, 1, dtype=torch.bool),
        },
    },
    batch_size=[6, 10],
)  # fmt: skip
with torch.no_grad():
    td = actor(td)
GAE(gamma=0.99, lmbda=0.95, value_network=value)(td)
print(td["advantage"].mean().item(), td["value_target"].mean().item())
loss = ClipPPOLoss(actor, value)
optimizer = torch.optim.Adam(loss.parameters(), lr=1e-2)
buffer = ReplayBuffer(storage=LazyTensorStorage(60), sampler=SamplerWithoutReplacement(), batch_size=20)
buffer.extend(td.reshape(-1))
for _ in range(3):
    out = loss(buffer.sample())
    total = out["loss_objective"] + out["loss_critic"] + out["loss_entropy"]
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    print(out["loss_critic"].item())
