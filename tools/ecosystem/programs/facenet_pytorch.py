import torch
from facenet_pytorch import InceptionResnetV1, fixed_image_standardization
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

torch.manual_seed(0)
for net, size in ((PNet(pretrained=False), 24), (RNet(pretrained=False), 24), (ONet(pretrained=False), 48)):
    out = net(torch.randn(2, 3, size, size))
    print([o.shape for o in out], out[0].sum().item())
torch.manual_seed(0)
net = InceptionResnetV1(pretrained=None, classify=False).eval()
e = net(fixed_image_standardization(torch.rand(1, 3, 80, 80) * 255))
print(e.shape, e.abs().sum().item())
