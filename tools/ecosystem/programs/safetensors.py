import tempfile

import torch
from safetensors import safe_open
from safetensors.torch import load, load_file, load_model, save, save_file, save_model

torch.manual_seed(0)
net = torch.nn.Linear(3, 2)
with tempfile.TemporaryDirectory() as folder:
    save_model(net, f"{folder}/a.safetensors")
    load_model(torch.nn.Linear(3, 2), f"{folder}/a.safetensors")
    data = {"x": torch.randn(3).bfloat16(), "y": torch.arange(4), "z": torch.zeros(2, dtype=torch.bool)}
    save_file(data, f"{folder}/b.safetensors", metadata={"k": "v"})
    back = load_file(f"{folder}/b.safetensors")
    print(
        {k: (v.dtype, torch.equal(v, data[k])) for k, v in sorted(back.items())},
        len(save(data)),
        sorted(load(save(data))),
    )
    with safe_open(f"{folder}/b.safetensors", framework="pt") as f:
        print(f.metadata(), f.get_slice("y")[1:3], f.get_tensor("z"))
