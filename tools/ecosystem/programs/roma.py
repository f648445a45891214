import roma
import torch

torch.manual_seed(0)
v = torch.randn(4, 3, requires_grad=True)
r = roma.rotvec_to_rotmat(v)
q = roma.rotmat_to_unitquat(r)
print(r.sum().item(), q.abs().sum().item(), roma.rotvec_geodesic_distance(v, v.flip(0)).sum().item())
m = torch.randn(2, 3, 3)
s = roma.special_procrustes(m)
print(s.sum().item(), torch.linalg.det(s).sum().item(), roma.special_gramschmidt(m[..., :2]).sum().item())
rigid = roma.Rigid(r, torch.randn(4, 3))
print(
    (rigid @ rigid.inverse()).to_homogeneous().sum().item(),
    roma.unitquat_slerp(q, q.flip(0), torch.tensor([0.3])).abs().sum().item(),
)
(r - torch.eye(3)).square().sum().backward()
print(v.grad.norm().item(), roma.rotmat_to_euler("xyz", r.detach()).sum().item())
