import torch
from fvcore.common.param_scheduler import CosineParamScheduler, MultiStepParamScheduler
from fvcore.nn import (
    giou_loss,
    parameter_count,
    sigmoid_focal_loss,
    smooth_l1_loss,
)

torch.manual_seed(0)
x, y = torch.randn(8), torch.tensor([1.0, 0, 1, 0, 1, 1, 0, 0])
print(sigmoid_focal_loss(x, y, reduction="mean").item(), smooth_l1_loss(x, y, 0.5, "sum").item())
boxes = torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 4]], requires_grad=True)
loss = giou_loss(boxes, boxes.detach() + 0.5, reduction="sum")
loss.backward()
print(loss.item(), boxes.grad.abs().sum().item())
print(CosineParamScheduler(1.0, 0.1)(0.3), MultiStepParamScheduler([1, 0.1], milestones=[4, 8])(0.6))
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 5))
print(dict(parameter_count(model)))
