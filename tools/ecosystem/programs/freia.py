import FrEIA.framework as Ff
import FrEIA.modules as Fm
import numpy
import torch

numpy.random.seed(0)
torch.manual_seed(0)


def sub(i, o):
    return torch.nn.Sequential(torch.nn.Linear(i, 16), torch.nn.ReLU(), torch.nn.Linear(16, o))


inn = Ff.SequenceINN(4)
for _k in range(3):
    inn.append(Fm.AllInOneBlock, subnet_constructor=sub, permute_soft=True)
o = torch.optim.Adam(inn.parameters(), 0.01)
x = torch.randn(32, 4) * 2 + 1
for _ in range(4):
    z, j = inn(x)
    loss = (0.5 * z.pow(2).sum(1) - j).mean() / 4
    o.zero_grad()
    loss.backward()
    o.step()
    print(loss.item())
print((inn(inn(x)[0], rev=True)[0] - x).abs().max().item() < 1e-3)
n = [Ff.InputNode(3, 8, 8, name="i")]
n.append(Ff.Node(n[-1], Fm.IRevNetDownsampling, {}))
n.append(Ff.Node(n[-1], Fm.RNVPCouplingBlock, {"subnet_constructor": lambda i, o: torch.nn.Conv2d(i, o, 3, padding=1)}))
n.append(Ff.Node(n[-1], Fm.ActNorm, {}))
n.append(Ff.Node(n[-1], Fm.HaarDownsampling, {}))
n.append(Ff.Node(n[-1], Fm.Flatten, {}))
n.append(Ff.OutputNode(n[-1]))
g = Ff.GraphINN(n)
z, j = g(torch.randn(2, 3, 8, 8))
print(z.shape, j.tolist())
for B in (
    Fm.GLOWCouplingBlock,
    Fm.NICECouplingBlock,
    Fm.GINCouplingBlock,
    Fm.AffineCouplingOneSided,
    Fm.ElasticSoftsign if hasattr(Fm, "ElasticSoftsign") else Fm.ActNorm,
    Fm.HouseholderPerm,
    Fm.PermuteRandom,
    Fm.LearnedElementwiseScaling,
):
    kw = (
        {"n_reflections": 2}
        if B is Fm.HouseholderPerm
        else {"subnet_constructor": sub}
        if "Coupling" in B.__name__
        else {}
    )
    q = Ff.SequenceINN(4)
    q.append(B, **kw)
    z, j = q(x * 0.1)
    print(
        B.__name__,
        z.norm().item(),
        float(j.sum()) if torch.is_tensor(j) else j,
        (q(z, rev=True)[0] - x * 0.1).abs().max().item() < 1e-3,
    )
