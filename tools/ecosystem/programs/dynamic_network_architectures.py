import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet

torch.manual_seed(0)
for M, k in ((PlainConvUNet, {"n_conv_per_stage": 1}), (ResidualEncoderUNet, {"n_blocks_per_stage": 1})):
    m = M(
        1,
        3,
        (4, 8, 16),
        torch.nn.Conv3d,
        3,
        (1, 2, 2),
        num_classes=2,
        n_conv_per_stage_decoder=1,
        conv_bias=True,
        norm_op=torch.nn.InstanceNorm3d,
        norm_op_kwargs={"affine": True},
        nonlin=torch.nn.LeakyReLU,
        deep_supervision=True,
        **k,
    )
    o = m(torch.randn(1, 1, 16, 16, 16))
    sum(v.pow(2).mean() for v in o).backward()
    print(
        M.__name__,
        [v.shape for v in o],
        o[0].norm().item(),
        sum(p.grad.norm().item() for p in m.parameters() if p.grad is not None),
        m.compute_conv_feature_map_size((16,) * 3),
    )
