import io

import torch
import torch_pruning as tp
import torchvision

torch.manual_seed(0)
m = torchvision.models.resnet18(num_classes=4).eval()
x = torch.randn(1, 3, 64, 64)
DG = tp.DependencyGraph().build_dependency(m, example_inputs=x)
g = DG.get_pruning_group(m.conv1, tp.prune_conv_out_channels, idxs=[2, 6, 9])
print(DG.check_pruning_group(g), len(g))
g.prune()
print(m.conv1, m(x).shape)
imp = tp.importance.GroupMagnitudeImportance(p=2)
pr = tp.pruner.BasePruner(m, x, importance=imp, pruning_ratio=0.5, ignored_layers=[m.fc])
print(tp.utils.count_ops_and_params(m, x))
pr.step()
print(tp.utils.count_ops_and_params(m, x))
print(m(x).tolist())
t = tp.importance.GroupTaylorImportance()
m(x).sum().backward()
p2 = tp.pruner.MetaPruner(m, x, importance=t, pruning_ratio=0.3, ignored_layers=[m.fc], iterative_steps=2)
for g in p2.step(interactive=True):
    g.prune()
print(m(x).tolist(), sum(p.numel() for p in m.parameters()))
buffer = io.BytesIO()
torch.save(m, buffer)
buffer.seek(0)
print(torch.load(buffer, weights_only=False)(x).tolist())
