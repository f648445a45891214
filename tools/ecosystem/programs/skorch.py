import numpy as np
import torch
from skorch import NeuralNetClassifier

torch.manual_seed(0)
x = np.random.RandomState(0).randn(60, 4).astype("float32")
y = (x.sum(1) > 0).astype("int64")
net = NeuralNetClassifier(
    torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)),
    criterion=torch.nn.CrossEntropyLoss, max_epochs=5, lr=0.1, verbose=0, train_split=None,
)  # fmt: skip
net.fit(x, y)
print(net.history[-1, "train_loss"], net.score(x, y))
