# ruff: noqa: F722, F821
import torch
from beartype import beartype
from jaxtyping import Float, Int, jaxtyped


@jaxtyped(typechecker=beartype)
def f(x: Float[torch.Tensor, "b n"], i: Int[torch.Tensor, "b"]) -> Float[torch.Tensor, "b"]:
    return x.gather(1, i[:, None])[:, 0]


print(f(torch.arange(6.0).reshape(2, 3), torch.tensor([1, 2])).tolist())
for bad in (
    (torch.zeros(2, 3), torch.zeros(3, dtype=torch.long)),
    (torch.zeros(2), torch.zeros(2)),
    (torch.zeros(2, 3), torch.zeros(2)),
):
    try:
        f(*bad)
    except Exception as error:
        print(type(error).__name__)
print(isinstance(torch.zeros(2, dtype=torch.bfloat16), Float[torch.Tensor, "2"]))
