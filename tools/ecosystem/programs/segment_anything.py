from functools import partial

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator, SamPredictor
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

torch.manual_seed(0)
s = Sam(
    image_encoder=ImageEncoderViT(
        depth=2,
        embed_dim=32,
        img_size=64,
        mlp_ratio=2,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        num_heads=4,
        patch_size=16,
        qkv_bias=True,
        use_rel_pos=True,
        global_attn_indexes=[1],
        window_size=2,
        out_chans=16,
    ),
    prompt_encoder=PromptEncoder(embed_dim=16, image_embedding_size=(4, 4), input_image_size=(64, 64), mask_in_chans=4),
    mask_decoder=MaskDecoder(
        num_multimask_outputs=3,
        transformer=TwoWayTransformer(depth=2, embedding_dim=16, mlp_dim=32, num_heads=4),
        transformer_dim=16,
        iou_head_depth=2,
        iou_head_hidden_dim=16,
    ),
).eval()
p = SamPredictor(s)
im = np.random.RandomState(0).randint(0, 255, (48, 60, 3), dtype=np.uint8)
p.set_image(im)
m, sc, lo = p.predict(point_coords=np.array([[20, 20]]), point_labels=np.array([1]), multimask_output=True)
print(m.shape, sc, np.abs(lo).mean())
m, sc, lo = p.predict(box=np.array([5, 5, 40, 40]), multimask_output=False)
print(m.sum() > -1, sc)
g = SamAutomaticMaskGenerator(
    s, points_per_side=3, pred_iou_thresh=-10, stability_score_thresh=-1, min_mask_region_area=0
)
r = g.generate(im)
print(len(r), sorted(r[0]) if r else None)
