import re

import torch
from torch import nn
from torchview import draw_graph


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.a, self.b, self.norm = nn.Linear(d, 2 * d), nn.Linear(2 * d, d), nn.LayerNorm(d)

    def forward(self, x):
        return self.norm(x + self.b(torch.relu(self.a(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 8)
        self.blocks = nn.ModuleList(Block(8) for _ in range(2))
        self.rnn = nn.LSTM(8, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, ids):
        x = self.emb(ids)
        for b in self.blocks:
            x = b(x)
        y, (h, c) = self.rnn(x)
        return self.head(y[:, -1]).softmax(-1), torch.cat([h, c], 0)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.c1(x).relu(), 2)
        y = self.c2(x) + x
        return self.fc(nn.functional.adaptive_avg_pool2d(y, 1).flatten(1))


torch.manual_seed(0)
for name, net, kw in (
    ("net", Net(), {"input_data": torch.randint(0, 10, (2, 6))}),
    ("cnn", CNN(), {"input_size": (1, 3, 16, 16)}),
    (
        "mlp",
        nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.Sequential(nn.ReLU(), nn.Linear(4, 2))),
        {"input_size": (3, 4)},
    ),
):
    for options in (
        {},
        {"expand_nested": True},
        {"depth": 1},
        {"hide_inner_tensors": False, "hide_module_functions": False},
    ):
        g = draw_graph(net, device="cpu", graph_name=name, **kw, **options)
        print(name, options, len(g.edge_list), len(g.visual_graph.source.splitlines()))
        print(re.findall(r'ROWSPAN="2">(.*?)</TD>', g.visual_graph.source))
g = draw_graph(CNN(), input_size=(1, 3, 8, 8), device="meta")
print(len(g.visual_graph.source))
