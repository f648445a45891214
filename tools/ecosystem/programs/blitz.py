import torch
from blitz.modules import BayesianConv2d, BayesianLinear, BayesianLSTM
from blitz.utils import variational_estimator

torch.manual_seed(0)


@variational_estimator
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = BayesianConv2d(1, 4, (3, 3))
        self.lstm = BayesianLSTM(4, 8)
        self.linear = BayesianLinear(8, 1)

    def forward(self, x):
        x = self.conv(x).flatten(2).transpose(1, 2)
        return self.linear(self.lstm(x)[0][:, -1])


model, x, y = Net(), torch.rand(4, 1, 5, 5), torch.rand(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(3):
    loss = model.sample_elbo(
        inputs=x, labels=y, criterion=torch.nn.MSELoss(), sample_nbr=2, complexity_cost_weight=0.001
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item(), model.nn_kl_divergence().item())
model.freeze_()
print(model(x).sum().item())
