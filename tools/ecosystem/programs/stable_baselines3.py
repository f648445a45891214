import tempfile

from stable_baselines3 import A2C, DQN, PPO, SAC

for cls, options in (
    (PPO, {"n_steps": 64, "n_epochs": 2, "batch_size": 32}),
    (A2C, {}),
    (DQN, {"learning_starts": 50}),
):
    model = cls("MlpPolicy", "CartPole-v1", seed=0, device="cpu", **options)
    model.learn(128)
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        model.save(file.name)
        again = cls.load(file.name, device="cpu")
    obs = model.get_env().reset()
    print(
        cls.__name__,
        again.predict(obs, deterministic=True)[0].tolist(),
        sum(p.abs().sum().item() for p in again.policy.parameters()),
    )
model = SAC("MlpPolicy", "Pendulum-v1", seed=0, learning_starts=20, device="cpu").learn(40)
print(sum(p.abs().sum().item() for p in model.policy.parameters()))
