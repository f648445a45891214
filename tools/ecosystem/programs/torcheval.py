import torch
from torcheval import metrics as M
from torcheval.metrics import functional as F
from torcheval.metrics.toolkit import clone_metric, reset_metrics

torch.manual_seed(0)
logits, target = torch.randn(40, 4), torch.randint(0, 4, (40,))
scores, binary = torch.rand(40), torch.randint(0, 2, (40,))
for average in ("micro", "macro", None):
    m = M.MulticlassAccuracy(num_classes=4, average=average)
    m.update(logits[:20], target[:20]).update(logits[20:], target[20:])
    print(average, m.compute())
    print(M.MulticlassF1Score(num_classes=4, average=average).update(logits, target).compute())
print(
    M.MulticlassAUROC(num_classes=4).update(logits, target).compute(),
    M.MulticlassAUPRC(num_classes=4).update(logits, target).compute(),
)
print(M.BinaryAUROC().update(scores, binary).compute(), M.BinaryAUPRC().update(scores, binary).compute())
print(
    M.BinaryConfusionMatrix().update(scores, binary).compute(),
    M.MulticlassConfusionMatrix(4).update(logits, target).compute(),
)
print(
    M.BinaryPrecision().update(scores, binary).compute(),
    M.BinaryRecall().update(scores, binary).compute(),
    M.BinaryF1Score().update(scores, binary).compute(),
)
p, r, t = F.binary_precision_recall_curve(scores, binary)
print(p.shape, r.sum(), t[:3])
print(F.binary_binned_auroc(scores, binary, threshold=5), F.binary_normalized_entropy(scores, binary.float()))
print(M.MeanSquaredError().update(scores, binary).compute(), M.R2Score().update(scores, binary).compute())
print(M.Perplexity().update(torch.randn(2, 5, 6), torch.randint(0, 6, (2, 5))).compute())
print(
    M.BLEUScore(n_gram=4)
    .update(["the squirrel is eating the nut"], [["a squirrel is eating a nut", "the squirrel is eating a tasty nut"]])
    .compute()
)
print(
    M.WordErrorRate().update(["hello world"], ["hello wide world"]).compute(),
    F.word_information_lost(["a b c"], ["a c"]),
)
print(M.HitRate(k=2).update(logits, target).compute()[:8], M.ReciprocalRank(k=3).update(logits, target).compute()[:8])
print(
    F.retrieval_precision(torch.tensor([0.2, 0.3, 0.5]), torch.tensor([0, 1, 1]), k=2),
    F.num_collisions(torch.tensor([3, 4, 3])),
)
print(M.PeakSignalNoiseRatio().update(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)).compute())
a = M.Mean().update(torch.tensor([1.0, 2.0]), weight=torch.tensor([0.3, 0.7]))
b = clone_metric(a).update(torch.tensor(5.0))
print(a.compute(), b.compute(), a.merge_state([b]).compute(), a.state_dict())
print(
    M.AUC().update(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0.0, 0.7, 1.0])).compute(),
    M.Throughput().update(10, 2.0).compute(),
)
print(M.WindowedBinaryNormalizedEntropy(max_num_updates=3).update(scores, binary.float()).compute())
reset_metrics([a, b])
