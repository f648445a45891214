from collections import OrderedDict

import torch
import torch.nn as nn
from nnsight import NNsight

torch.manual_seed(0)
net = nn.Sequential(OrderedDict(layer1=nn.Linear(5, 10), act=nn.ReLU(), layer2=nn.Linear(10, 2)))
m = NNsight(net)
x = torch.rand(1, 5)
with m.trace(x) as t:
    l1 = m.layer1.output.save()
    out = m.output.save()
print(l1, out)
with m.trace(x):
    m.layer1.output[:, 0] = 0
    i2 = m.layer2.input.save()
    o2 = m.output.save()
print(o2, i2)
with m.trace(x):
    m.layer1.output = m.layer1.output + 1
    o3 = m.layer2.output.argmax(-1).save()
print(o3)
with m.trace(x):
    h = m.layer1.output
    with m.output.sum().backward():
        g = h.grad.save()
print(g)
