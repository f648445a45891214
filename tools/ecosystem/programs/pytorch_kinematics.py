import pytorch_kinematics as pk
import torch

torch.manual_seed(0)
urdf = """<robot name="r">
<link name="a"/>
<link name="b"/>
<link name="c"/>
<link name="d"/>
<joint name="j1" type="revolute">
<parent link="a"/>
<child link="b"/>
<origin xyz="0 0 0.3" rpy="0 0 0"/>
<axis xyz="0 0 1"/>
<limit lower="-2" upper="2" effort="1" velocity="1"/>
</joint>
<joint name="j2" type="revolute">
<parent link="b"/>
<child link="c"/>
<origin xyz="0 0 0.4" rpy="0.1 0 0"/>
<axis xyz="0 1 0"/>
<limit lower="-2" upper="2" effort="1" velocity="1"/>
</joint>
<joint name="j3" type="prismatic">
<parent link="c"/>
<child link="d"/>
<origin xyz="0.1 0 0.2" rpy="0 0.2 0"/>
<axis xyz="1 0 0"/>
<limit lower="-1" upper="1" effort="1" velocity="1"/>
</joint>
</robot>"""
chain = pk.build_serial_chain_from_urdf(urdf.encode(), "d")
th = torch.randn(3, 3, requires_grad=True)
t = chain.forward_kinematics(th, end_only=True)
m = t.get_matrix()
m[:, :3, 3].sum().backward()
print(m, th.grad, chain.jacobian(th.detach()).sum(), chain.get_joint_parameter_names())
print(
    pk.Transform3d(rot=torch.tensor([0.1, 0.2, 0.3]), pos=torch.ones(3)).inverse().get_matrix(),
    pk.matrix_to_quaternion(m[:, :3, :3].detach()),
    pk.euler_angles_to_matrix(torch.tensor([0.1, 0.2, 0.3]), "XYZ"),
)
torch.manual_seed(1)
ik = pk.PseudoInverseIK(
    chain,
    max_iterations=20,
    num_retries=4,
    joint_limits=torch.tensor(chain.get_joint_limits()).T,
    early_stopping_any_converged=True,
    lr=0.2,
)
s = ik.solve(t[:1])
print(s.solutions.shape, s.err_pos.shape)
