import torch
from encodec.model import EncodecModel

torch.manual_seed(0)
model = EncodecModel.encodec_model_24khz(pretrained=False)
model.set_target_bandwidth(6.0)
model.eval()
x = torch.randn(1, 1, 4800)
with torch.no_grad():
    frames = model.encode(x)
    codes = frames[0][0]
    y = model.decode(frames)
print(tuple(codes.shape), codes.dtype, y.shape, y.abs().mean().item(), codes.float().mean().item())
model.train()
out = model(x)
out.square().mean().backward()
print(out.mean().item(), sum(p.grad.norm().item() for p in model.encoder.parameters() if p.grad is not None))
