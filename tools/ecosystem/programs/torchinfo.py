from torch import nn
from torchinfo import summary

net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 10))
print(summary(net, input_size=(2, 3, 8, 8), verbose=0))
