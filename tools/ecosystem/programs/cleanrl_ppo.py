import gymnasium as gym
import torch
from torch import nn
from torch.distributions.categorical import Categorical

torch.manual_seed(1)
torch.backends.cudnn.deterministic = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
envs = gym.vector.SyncVectorEnv(
    [lambda: gym.wrappers.RecordEpisodeStatistics(gym.make("CartPole-v1")) for _ in range(2)]
)


def layer_init(layer, std=2**0.5, bias_const=0.0):
    torch.nn.init.orthogonal_(layer.weight, std)
    torch.nn.init.constant_(layer.bias, bias_const)
    return layer


critic = nn.Sequential(layer_init(nn.Linear(4, 16)), nn.Tanh(), layer_init(nn.Linear(16, 1), std=1.0)).to(device)
actor = nn.Sequential(layer_init(nn.Linear(4, 16)), nn.Tanh(), layer_init(nn.Linear(16, 2), std=0.01)).to(device)
optimizer = torch.optim.Adam([*critic.parameters(), *actor.parameters()], lr=2.5e-3, eps=1e-5)
obs, _ = envs.reset(seed=1)
next_obs, store = torch.Tensor(obs).to(device), []
for _ in range(32):
    with torch.no_grad():
        probs = Categorical(logits=actor(next_obs))
        action = probs.sample()
        store.append((next_obs, action, probs.log_prob(action), critic(next_obs).flatten()))
    obs, reward, done, _, _ = envs.step(action.cpu().numpy())
    store[-1] += (torch.tensor(reward).to(device).view(-1), torch.Tensor(done))
    next_obs = torch.Tensor(obs).to(device)
o, a, lp, v, r, d = (torch.stack(z).flatten(0, 1) for z in zip(*store, strict=True))
adv = r.float() - v - r.float().mean()
for _ in range(3):
    new = Categorical(logits=actor(o))
    ratio = (new.log_prob(a) - lp).exp()
    loss = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 0.8, 1.2)).mean() - 0.01 * new.entropy().mean()
    loss = loss + 0.5 * ((critic(o).view(-1) - r.float()) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(actor.parameters(), 0.5)
    optimizer.step()
    print(loss.item())
