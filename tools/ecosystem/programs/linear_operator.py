import torch
from linear_operator import to_linear_operator
from linear_operator.operators import DiagLinearOperator

torch.manual_seed(0)
a = torch.randn(5, 5, dtype=torch.float64)
operator = to_linear_operator(a @ a.t()) + DiagLinearOperator(torch.ones(5, dtype=torch.float64))
b = torch.ones(5, 1, dtype=torch.float64)
print(operator.solve(b).sum().item(), operator.logdet().item(), operator.matmul(b).sum().item())
