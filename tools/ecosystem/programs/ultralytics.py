import os
from types import SimpleNamespace

os.environ["YOLO_OFFLINE"] = "true"
import torch
from ultralytics.nn.tasks import DetectionModel

torch.manual_seed(0)
model = DetectionModel("yolov8n.yaml", nc=3, verbose=False)
x = torch.rand(1, 3, 64, 64)
batch = {
    "img": x,
    "batch_idx": torch.tensor([0.0]),
    "cls": torch.tensor([[1.0]]),
    "bboxes": torch.tensor([[0.5, 0.5, 0.4, 0.4]]),
}
model.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
loss, items = model(batch)
loss.sum().backward()
print(
    loss.sum().item(),
    {k: float(v) for k, v in items.items()},
    sum(p.grad.abs().sum().item() for p in model.parameters() if p.grad is not None) > 0,
)
model.eval()
with torch.no_grad():
    print(model(x)[0].shape, model.fuse(verbose=False)(x)[0].abs().sum().item())
