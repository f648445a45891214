import geoopt
import torch

torch.manual_seed(0)
ball = geoopt.PoincareBall()
points = geoopt.ManifoldParameter(ball.expmap0(torch.randn(6, 2) * 0.1), manifold=ball)
optimizer = geoopt.optim.RiemannianAdam([points], lr=0.05)
for _ in range(3):
    optimizer.zero_grad()
    distances = ball.dist(points[:, None], points[None]) + torch.eye(6)
    loss = (distances - 1).square().mean()
    loss.backward()
    optimizer.step()
    print(loss.item(), points.detach().norm(dim=1).sum().item())

frame = geoopt.ManifoldParameter(torch.linalg.qr(torch.randn(5, 3))[0], manifold=geoopt.Stiefel())
matrix = torch.randn(5, 5)
matrix = matrix + matrix.T
descent = geoopt.optim.RiemannianSGD([frame], lr=0.1, momentum=0.9, stabilize=2)
for _ in range(4):
    descent.zero_grad()
    loss = -(frame.T @ matrix @ frame).trace()
    loss.backward()
    descent.step()
    print(loss.item(), (frame.T @ frame - torch.eye(3)).abs().max().item() < 1e-4)
sphere = geoopt.Sphere()
x, y = sphere.random_uniform(4, 3), sphere.random_uniform(4, 3)
print(sphere.dist(x, y).sum().item(), sphere.logmap(x, y).norm().item(), sphere.transp(x, y, x).sum().item())
