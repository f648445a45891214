import torch
from pytorch_metric_learning import losses, miners

torch.manual_seed(0)
embeddings = torch.randn(16, 8, requires_grad=True)
labels = torch.arange(16) % 4
pairs = miners.MultiSimilarityMiner()(embeddings, labels)
for loss in (losses.TripletMarginLoss(), losses.ContrastiveLoss(), losses.NTXentLoss()):
    value = loss(embeddings, labels, pairs)
    value.backward()
    print(value.item(), embeddings.grad.abs().sum().item())
