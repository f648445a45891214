# ruff: noqa: E741
import pennylane as qml
import torch

torch.manual_seed(0)
dev = qml.device("default.qubit", wires=2)


@qml.qnode(dev, interface="torch", diff_method="backprop")
def qnode(inputs, w):
    qml.AngleEmbedding(inputs, wires=range(2))
    qml.StronglyEntanglingLayers(w, wires=range(2))
    return [qml.expval(qml.PauliZ(i)) for i in range(2)]


q = qml.qnn.TorchLayer(qnode, {"w": (2, 2, 3)})
m = torch.nn.Sequential(torch.nn.Linear(3, 2), q, torch.nn.Linear(2, 1))
x = torch.randn(6, 3)
y = x.sum(1, keepdim=True)
o = torch.optim.Adam(m.parameters(), 0.05)
for _ in range(4):
    l = torch.nn.functional.mse_loss(m(x), y)
    o.zero_grad()
    l.backward()
    o.step()
    print(round(l.item(), 4))


@qml.qnode(dev, interface="torch", diff_method="parameter-shift")
def c(t):
    qml.RX(t[0], wires=0)
    qml.RY(t[1], wires=1)
    qml.CNOT(wires=[0, 1])
    return qml.probs(wires=[0, 1])


t = torch.tensor([0.3, 0.7], requires_grad=True, dtype=torch.float64)
print(c(t))
print(torch.autograd.functional.jacobian(c, t))
