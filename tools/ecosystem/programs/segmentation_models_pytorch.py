import segmentation_models_pytorch as smp
import torch

for name, arch in (("Unet", smp.Unet), ("FPN", smp.FPN), ("DeepLabV3Plus", smp.DeepLabV3Plus)):
    torch.manual_seed(0)
    model = arch("resnet18", encoder_weights=None, in_channels=3, classes=2)
    x = torch.randn(2, 3, 64, 64)
    y = (x[:, :1] > 0).long()[:, 0]
    loss_fn = smp.losses.DiceLoss("multiclass")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(2):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        print(name, loss.item())
    model.eval()
    with torch.no_grad():
        print(model(x).abs().mean().item())
    tp, fp, fn, tn = smp.metrics.get_stats(model(x).argmax(1), y, mode="multiclass", num_classes=2)
    print(smp.metrics.iou_score(tp, fp, fn, tn, reduction="micro").item())
