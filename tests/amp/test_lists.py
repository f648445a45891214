"""Which dtypes calls have under autocasting on the host: those that PyTorch's lists give."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn

DTYPES = {
    "bfloat16": [
        "torch.mm(a, b)",
        "a @ b",
        "a.__rmatmul__(b)",
        "a.matmul(b)",
        "torch.bmm(a[None], b[None])",
        "torch.addmm(a, a, b)",
        "torch.addbmm(a, a[None], b[None])",
        "torch.baddbmm(a[None], a[None], b[None])",
        "torch.matmul(a, v)",
        "torch.einsum('ij,jk->ik', a, b)",
        "torch.tensordot(a, b, 1)",
        "F.linear(a, b)",
        "F.linear(a, b, v)",
        "F.conv1d(torch.ones(1,1,5), torch.ones(1,1,3))",
        "F.conv2d(torch.ones(1,1,5,5), torch.ones(1,1,3,3))",
        "F.conv3d(torch.ones(1,1,5,5,5), torch.ones(1,1,3,3,3))",
        "F.conv_transpose1d(torch.ones(1,1,5), torch.ones(1,1,3))",
        "F.conv_transpose2d(torch.ones(1,1,5,5), torch.ones(1,1,3,3))",
        "F.conv_transpose3d(torch.ones(1,1,3,3,3), torch.ones(1,1,3,3,3))",
        "F.scaled_dot_product_attention(a[None,None], a[None,None], a[None,None])",
        "F.prelu(a, torch.ones(1))",
        "nn.Linear(3,2)(a)",
        "nn.Conv2d(1,1,2)(torch.ones(1,1,5,5))",
        "nn.LSTM(3,2)(a[:,None])[0]",
        "nn.LSTM(3,2)(a[:,None])[1][1]",
        "nn.RNN(3,2)(a[:,None])[0]",
        "nn.RNNCell(3,2)(a)",
        "nn.MultiheadAttention(4,2)(q,q,q)[0]",
        "F.gaussian_nll_loss(h, h2, torch.ones_like(h))",
        "F.softmax(h, 1)",
        "F.log_softmax(h, 1)",
        "h.sum()",
        "h.mean()",
        "h.cumsum(0)",
        "h.norm()",
        "h.exp()",
        "h.abs() ** 0.5",
        "h.abs().rsqrt()",
        "F.layer_norm(h, (3,))",
        "F.group_norm(h[:,:,None], 3)",
        "F.batch_norm(h, torch.zeros(3), torch.ones(3), training=True)",
        "torch.cat([h, h2])",
        "h * h2",
        "h.relu()",
        "F.gelu(h)",
        "F.avg_pool2d(torch.ones(1,1,4,4).bfloat16(), 2)",
        "F.pad(torch.ones(1,1,4).bfloat16(), (1,1), mode='circular')",
        "F.interpolate(torch.ones(1,1,4,4).bfloat16(), scale_factor=2, mode='bilinear')",
        "F.cosine_similarity(h, h2)",
    ],
    "float32": [
        "torch.mv(a, v)",
        "torch.dot(v, v)",
        "torch.addmv(v, a, v)",
        "torch.addr(a, v, v)",
        "torch.outer(v, v)",
        "F.bilinear(a, b, torch.ones(2,3,3))",
        "nn.GRU(3,2)(a[:,None])[0]",
        "nn.LSTMCell(3,2)(a)[0]",
        "nn.GRUCell(3,2)(a)",
        "nn.TransformerEncoderLayer(4,2,8)(q)",
        "F.mse_loss(h, h2)",
        "F.l1_loss(h, h2)",
        "F.smooth_l1_loss(h, h2)",
        "F.huber_loss(h, h2)",
        "F.cross_entropy(h, i)",
        "F.nll_loss(h, i)",
        "F.binary_cross_entropy(h.sigmoid(), (h2>0).bfloat16())",
        "F.binary_cross_entropy_with_logits(h, (h2>0).bfloat16())",
        "F.kl_div(h, h2)",
        "F.poisson_nll_loss(h, h2)",
        "F.hinge_embedding_loss(h, torch.ones_like(h))",
        "F.cosine_embedding_loss(h, h2, torch.ones(3).bfloat16())",
        "F.margin_ranking_loss(h, h2, torch.ones_like(h))",
        "F.soft_margin_loss(h, torch.ones_like(h))",
        "F.triplet_margin_loss(h, h2, h)",
        "F.multi_margin_loss(h, i)",
        "F.multilabel_margin_loss(h, i[:,None].expand(3,3).contiguous())",
        "h.prod()",
        "torch.prod(h, 1)",
        "nn.LayerNorm(3)(h.float())",
        "torch.cdist(h, h2)",
        "torch.quantile(a, 0.5)",
        "torch.trace(h)",
        "torch.cat([h, a])",
        "torch.stack([h, a])",
        "torch.index_copy(a, 0, i, a)",
        "h + a",
        "F.avg_pool3d(torch.ones(1,1,4,4,4).bfloat16(), 2)",
        "F.max_pool3d(torch.ones(1,1,4,4,4).bfloat16(), 2)",
        "F.adaptive_avg_pool3d(torch.ones(1,1,4,4,4).bfloat16(), 2)",
        "F.adaptive_max_pool3d(torch.ones(1,1,4,4,4).bfloat16(), 2)",
        "F.grid_sample(torch.ones(1,1,4,4).bfloat16(), torch.zeros(1,2,2,2).bfloat16())",
        "F.ctc_loss(h[:, None].log_softmax(2), i[None, 1:], i[1:2] + 1, i[1:2])",
        "torch.mm(a, b, out=torch.empty(3,3))",
        "a.clone().addmm_(a, b)",
        "F.pdist(a)",
        "F.max_unpool2d(torch.ones(1,1,2,2).bfloat16(), torch.tensor([[[[0,2],[8,10]]]]), 2)",
        "F.embedding(i, a)",
        "nn.EmbeddingBag(5,3)(i[None])",
        "F.unfold(torch.ones(1,1,4,4), 2)",
    ],
    "complex64": [
        "torch.view_as_complex(torch.ones(2,2).half())",
        "torch.polar(h, h2)",
    ],
    "float64": [
        "torch.mm(a.double(), b.double())",
    ],
    "int64": [
        "torch.mm(i[None], i[:,None])",
    ],
}


@pytest.fixture
def names():
    torch.manual_seed(0)
    a, b, v, q = torch.randn(3, 3), torch.randn(3, 3), torch.randn(3), torch.randn(3, 1, 4)
    h, h2, i = torch.randn(3, 3).bfloat16(), torch.randn(3, 3).bfloat16(), torch.tensor([0, 2, 1])
    return {"torch": torch, "nn": nn, "F": F, "a": a, "b": b, "v": v, "q": q, "h": h, "h2": h2, "i": i}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("code", "dtype"), [(code, dtype) for dtype, codes in DTYPES.items() for code in codes])
def test_dtypes_are_those_of_the_lists(names, code, dtype):
    with torch.autocast("cpu"):
        result = eval(code, names)
    assert str(result.dtype) == f"torch.{dtype}"
