import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.metrics import Accuracy, Loss
from torch import nn

torch.manual_seed(0)
x = torch.randn(40, 4)
y = (x.sum(1) > 0).long()
batches = [(x[i : i + 10], y[i : i + 10]) for i in range(0, 40, 10)]
net, loss = nn.Linear(4, 2), nn.CrossEntropyLoss()
trainer = create_supervised_trainer(net, torch.optim.SGD(net.parameters(), lr=0.1), loss)
evaluator = create_supervised_evaluator(net, metrics={"accuracy": Accuracy(), "loss": Loss(loss)})
trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: evaluator.run(batches))
trainer.run(batches, max_epochs=5)
print(evaluator.state.metrics["accuracy"], evaluator.state.metrics["loss"])
