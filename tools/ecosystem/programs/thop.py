import thop
import torch
import torchvision

m = torchvision.models.resnet18()
print(thop.clever_format(thop.profile(m, (torch.randn(1, 3, 64, 64),), verbose=False)))
m = torch.nn.LSTM(4, 8, 2)
print(thop.profile(m, (torch.randn(3, 2, 4),), verbose=False))
m = torch.nn.TransformerEncoderLayer(8, 2)
print(thop.profile(m, (torch.randn(3, 2, 8),), verbose=False))
