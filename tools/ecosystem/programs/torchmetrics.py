import torch
from torchmetrics import Accuracy, ConfusionMatrix, F1Score, MeanSquaredError, MetricCollection, PearsonCorrCoef
from torchmetrics.functional import auroc

torch.manual_seed(0)
metrics = MetricCollection(
    [Accuracy("multiclass", num_classes=3), F1Score("multiclass", num_classes=3, average="macro")]
)
confusion, error, pearson = ConfusionMatrix("multiclass", num_classes=3), MeanSquaredError(), PearsonCorrCoef()
for _ in range(3):
    scores, target = torch.randn(20, 3).softmax(1), torch.randint(3, (20,))
    metrics.update(scores, target)
    confusion.update(scores, target)
    error.update(scores[:, 0], target.float())
    pearson.update(scores[:, 0], target.float())
print(*(value.item() for value in metrics.compute().values()), error.compute().item(), pearson.compute().item())
print(confusion.compute().tolist(), auroc(torch.rand(30), torch.randint(2, (30,)), task="binary").item())
