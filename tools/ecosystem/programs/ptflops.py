from ptflops import get_model_complexity_info
from torchvision.models import resnet18

net = resnet18(weights=None)
for backend in ("pytorch", "aten"):
    macs, count = get_model_complexity_info(
        net, (3, 64, 64), as_strings=False, backend=backend, print_per_layer_stat=False, verbose=False
    )
    print(backend, macs, count)
