import torch
from kan import KAN, create_dataset

torch.manual_seed(0)
model = KAN(width=[2, 3, 1], grid=3, k=3, seed=0, auto_save=False)
dataset = create_dataset(
    lambda x: torch.exp(torch.sin(torch.pi * x[:, [0]]) + x[:, [1]] ** 2), n_var=2, train_num=50, test_num=20
)
result = model.fit(dataset, opt="LBFGS", steps=3, lamb=0.001)
print(float(result["train_loss"][-1]), model(dataset["test_input"]).sum().item())
