"""Layers of `nn`: each with its defaults and with the options that change what it computes."""


def each(pattern: str, *dims: int) -> dict[str, list[str]]:
    """The snippets of a family of layers, one for each number of dimensions: `{d}`, and a shape `{s}` of that many."""
    sizes = {1: "7", 2: "6, 5", 3: "4, 5, 4"}
    names = {}
    for d in dims:
        head, *snippets = (line.strip() for line in pattern.strip().splitlines())
        names[head.format(d=d)] = [line.format(d=d, s=sizes[d]) for line in snippets]
    return names


CASES: dict[str, list[str]] = {
    # Activations
    "nn.CELU": ["layer(nn.CELU(), T(2, 5))", "layer(nn.CELU(0.4, inplace=False), T(2, 5))"],
    "nn.LinearCrossEntropyOptions": [
        "F.linear_cross_entropy(T(5, 3), T(4, 3), I(4, 5), options=nn.LinearCrossEntropyOptions(batch_chunk_size=2))"
    ],
    "nn.ELU": ["layer(nn.ELU(), T(2, 5))", "layer(nn.ELU(0.4), T(2, 5))"],
    "nn.GELU": ["layer(nn.GELU(), T(2, 5))", "layer(nn.GELU('tanh'), T(2, 5))"],
    "nn.GLU": ["layer(nn.GLU(), T(2, 6))", "layer(nn.GLU(0), T(4, 3))"],
    "nn.Hardshrink": ["layer(nn.Hardshrink(), T(9))", "layer(nn.Hardshrink(1.1), T(9))"],
    "nn.Hardsigmoid": ["layer(nn.Hardsigmoid(), T(9, scale=5.0))"],
    "nn.Hardswish": ["layer(nn.Hardswish(), T(9, scale=5.0))"],
    "nn.Hardtanh": ["layer(nn.Hardtanh(), T(9))", "layer(nn.Hardtanh(-0.2, 0.8), T(9))"],
    "nn.LeakyReLU": ["layer(nn.LeakyReLU(), T(9))", "layer(nn.LeakyReLU(0.3), T(9))"],
    "nn.LogSigmoid": ["layer(nn.LogSigmoid(), T(9, scale=5.0))"],
    "nn.LogSoftmax": ["layer(nn.LogSoftmax(), T(2, 3))", "layer(nn.LogSoftmax(1), T(2, 3, 2))"],
    "nn.Mish": ["layer(nn.Mish(), T(9, scale=5.0))"],
    "nn.PReLU": ["layer(nn.PReLU(), T(2, 3, 2))", "layer(nn.PReLU(3, init=0.1), T(2, 3, 2))", "nn.PReLU(2).weight"],
    "nn.RReLU": [
        "layer(nn.RReLU(), T(9))",
        "layer(nn.RReLU(0.2, 0.4), T(9))",
        "nn.RReLU(0.1, 0.2)(-torch.ones(1)).lt(0).all()",
    ],
    "nn.ReLU": ["layer(nn.ReLU(), T(9))", "nn.ReLU(inplace=True)(T(9))"],
    "nn.ReLU6": ["layer(nn.ReLU6(), T(9, scale=9.0))"],
    "nn.SELU": ["layer(nn.SELU(), T(9))"],
    "nn.SiLU": ["layer(nn.SiLU(), T(9))"],
    "nn.Sigmoid": ["layer(nn.Sigmoid(), T(9))"],
    "nn.Softmax": ["layer(nn.Softmax(), T(2, 3))", "layer(nn.Softmax(1), T(2, 3, 2))"],
    "nn.Softmax2d": ["layer(nn.Softmax2d(), T(2, 3, 2, 2))", "layer(nn.Softmax2d(), T(3, 2, 2))"],
    "nn.Softmin": ["layer(nn.Softmin(), T(2, 3))", "layer(nn.Softmin(1), T(2, 3, 2))"],
    "nn.Softplus": ["layer(nn.Softplus(), T(9))", "layer(nn.Softplus(2.0, 1.5), T(9))"],
    "nn.Softshrink": ["layer(nn.Softshrink(), T(9))", "layer(nn.Softshrink(0.9), T(9))"],
    "nn.Softsign": ["layer(nn.Softsign(), T(9))"],
    "nn.Tanh": ["layer(nn.Tanh(), T(9))"],
    "nn.Tanhshrink": ["layer(nn.Tanhshrink(), T(9))"],
    "nn.Threshold": ["layer(nn.Threshold(0.1, 20.0), T(9))"],
    # Linear
    "nn.Linear": [
        "layer(nn.Linear(3, 2), T(4, 3))",
        "layer(nn.Linear(3, 2, bias=False), T(3))",
        "seeded(lambda: [p.detach() for p in nn.Linear(5, 4).parameters()])",
    ],
    "nn.Bilinear": [
        "layer(nn.Bilinear(2, 3, 4), T(5, 2), T(5, 3))",
        "layer(nn.Bilinear(2, 3, 4, bias=False), T(5, 2), T(5, 3))",
        "seeded(lambda: [p.detach() for p in nn.Bilinear(9, 3, 4).parameters()])",
    ],
    "nn.Identity": ["layer(nn.Identity(3, name=2), T(4))"],
    "nn.Embedding": [
        "layer(nn.Embedding(7, 3), I(7, 2, 4))",
        "layer(nn.Embedding(7, 3, padding_idx=3, scale_grad_by_freq=True), I(4, 2, 4))",
        "layer(nn.Embedding(7, 3, max_norm=0.5, norm_type=1.0), I(7, 4))",
        "layer(nn.Embedding.from_pretrained(T(4, 2), freeze=False, padding_idx=1), I(4, 5))",
        "seeded(lambda: nn.Embedding(3, 2, padding_idx=-1).weight.detach())",
        "nn.Embedding.from_pretrained(T(4, 2)).weight.requires_grad",
    ],
    "nn.EmbeddingBag": [
        "layer(nn.EmbeddingBag(7, 3), I(7, 2, 4))",
        "layer(nn.EmbeddingBag(7, 3, mode='sum', padding_idx=3), I(7, 6), torch.tensor([0, 2]))",
        "layer(nn.EmbeddingBag(7, 3, mode='max'), I(7, 6), torch.tensor([0, 2, 2]))",
        "layer(nn.EmbeddingBag(7, 3, include_last_offset=True), I(7, 6), torch.tensor([0, 2, 6]))",
        "layer(nn.EmbeddingBag(7, 3, mode='sum'), I(7, 2, 3), per_sample_weights=P(2, 3))",
        "layer(nn.EmbeddingBag.from_pretrained(T(4, 2), mode='sum'), I(4, 2, 2))",
    ],
    "nn.CosineSimilarity": [
        "layer(nn.CosineSimilarity(), T(2, 3, 4), T(2, 3, 4, shift=0.1))",
        "layer(nn.CosineSimilarity(2, 0.5), T(2, 3, 4), T(2, 3, 4, shift=0.1))",
    ],
    "nn.PairwiseDistance": [
        "layer(nn.PairwiseDistance(), T(3, 4), T(3, 4, shift=0.1))",
        "layer(nn.PairwiseDistance(1.0, 0.1, True), T(3, 4), T(3, 4, shift=0.1))",
        "layer(nn.PairwiseDistance(3.0), T(4), T(4, shift=0.1))",
    ],
    "nn.Flatten": ["layer(nn.Flatten(), T(2, 3, 2))", "layer(nn.Flatten(0, 1), T(2, 3, 2))"],
    "nn.Unflatten": [
        "layer(nn.Unflatten(1, (2, 3)), T(2, 6))",
        "layer(nn.Unflatten(-1, torch.Size([3, -1])), T(2, 6))",
    ],
    "nn.Fold": [
        "layer(nn.Fold((4, 5), 2), T(2, 8, 12))",
        "layer(nn.Fold((4, 5), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(2, 1)), T(1, 6, 6))",
    ],
    "nn.Unfold": [
        "layer(nn.Unfold(2), T(2, 2, 4, 3))",
        "layer(nn.Unfold((2, 3), dilation=(2, 1), padding=(1, 2), stride=(2, 1)), T(1, 2, 4, 3))",
    ],
    "nn.ChannelShuffle": ["layer(nn.ChannelShuffle(2), T(1, 6, 2, 2))"],
    "nn.PixelShuffle": ["layer(nn.PixelShuffle(2), T(1, 8, 2, 3))"],
    "nn.PixelUnshuffle": ["layer(nn.PixelUnshuffle(2), T(1, 2, 4, 6))"],
    "nn.Upsample": [
        "layer(nn.Upsample((3, 7)), T(1, 2, 2, 3))",
        "layer(nn.Upsample(scale_factor=1.7, mode='bilinear', align_corners=True), T(1, 2, 3, 3))",
        "layer(nn.Upsample(scale_factor=(1.7, 2.5), mode='bicubic', recompute_scale_factor=True), T(1, 1, 3, 3))",
        "layer(nn.Upsample(5, mode='linear'), T(1, 2, 3))",
        "layer(nn.Upsample(4, mode='trilinear'), T(1, 1, 2, 3, 2))",
        "layer(nn.Upsample(5, mode='nearest-exact'), T(1, 2, 3))",
    ],
    "nn.UpsamplingBilinear2d": [
        "layer(nn.UpsamplingBilinear2d(scale_factor=2), T(1, 2, 2, 3))",
        "layer(nn.UpsamplingBilinear2d((3, 5)), T(1, 2, 2, 3))",
    ],
    "nn.UpsamplingNearest2d": [
        "layer(nn.UpsamplingNearest2d(scale_factor=2), T(1, 2, 2, 3))",
        "layer(nn.UpsamplingNearest2d((3, 5)), T(1, 2, 2, 3))",
    ],
    # Its gradient in PyTorch is not that of what it computes.
    "nn.CrossMapLRN2d": [
        "nn.CrossMapLRN2d(2)(T(1, 5, 3, 2))",
        "nn.CrossMapLRN2d(3, 0.5, 0.6, 2.0)(T(2, 5, 2, 3))",
        "nn.CrossMapLRN2d(5)(T(2, 3, 2, 3))",
        "raised(lambda: nn.CrossMapLRN2d(3)(T(5, 2, 3)))",
        "str(nn.CrossMapLRN2d(3, 0.5, 0.6, 2.0))",
    ],
    "nn.LocalResponseNorm": [
        "layer(nn.LocalResponseNorm(2), T(1, 5, 3))",
        "layer(nn.LocalResponseNorm(3, 0.5, 0.6, 2.0), T(2, 5, 3))",
        "layer(nn.LocalResponseNorm(3, 0.5, 0.6, 2.0), T(1, 5, 2, 3))",
    ],
    "nn.LayerNorm": [
        "layer(nn.LayerNorm(3), T(2, 3))",
        "layer(nn.LayerNorm((2, 3), 0.1, bias=False), T(2, 2, 3))",
        "layer(nn.LayerNorm([3], elementwise_affine=False), T(2, 3))",
    ],
    "nn.RMSNorm": [
        "layer(nn.RMSNorm(3), T(2, 3))",
        "layer(nn.RMSNorm((2, 3), eps=0.1), T(2, 2, 3))",
        "layer(nn.RMSNorm([3], elementwise_affine=False), T(2, 3))",
    ],
    "nn.GroupNorm": [
        "layer(nn.GroupNorm(2, 4), T(2, 4, 3))",
        "layer(nn.GroupNorm(1, 4, 0.1, affine=False), T(2, 4, 2, 2))",
    ],
    # Attention and transformers
    "nn.MultiheadAttention": [
        "layer(nn.MultiheadAttention(4, 2), T(3, 2, 4), T(3, 2, 4, shift=0.1), T(3, 2, 4, shift=0.4))",
        "layer(nn.MultiheadAttention(4, 2, batch_first=True, bias=False), T(2, 3, 4), T(2, 5, 4), T(2, 5, 4), "
        "need_weights=False)",
        "layer(nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True), T(3, 4), T(6, 3), "
        "T(6, 5), average_attn_weights=False)",
        "layer(nn.MultiheadAttention(4, 1), T(3, 1, 4), T(3, 1, 4), T(3, 1, 4), key_padding_mask=M(1, 3), "
        "attn_mask=torch.ones(3, 3).triu(2).bool())",
    ],
    "nn.TransformerEncoderLayer": [
        "layer(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0), T(3, 2, 4))",
        "layer(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, activation='gelu', norm_first=True, "
        "batch_first=True, layer_norm_eps=0.1, bias=False), T(2, 3, 4))",
    ],
    "nn.TransformerDecoderLayer": [
        "layer(nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0), T(3, 2, 4), T(5, 2, 4))",
        "layer(nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0, activation=F.gelu, norm_first=True, "
        "batch_first=True, layer_norm_eps=0.1), T(2, 3, 4), T(2, 5, 4))",
    ],
    "nn.TransformerEncoder": [
        "layer(nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4), "
        "enable_nested_tensor=False), T(3, 2, 4), mask=torch.ones(3, 3).triu(1).bool())",
        "layer(nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0), 1, "
        "enable_nested_tensor=False), T(3, 2, 4), is_causal=True, "
        "mask=nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64))",
    ],
    "nn.TransformerDecoder": [
        "layer(nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4)), "
        "T(3, 2, 4), T(5, 2, 4))",
    ],
    "nn.Transformer": [
        "layer(nn.Transformer(4, 2, 1, 2, 6, 0.0), T(3, 2, 4), T(5, 2, 4))",
        "nn.Transformer.generate_square_subsequent_mask(3)",
    ],
    # Dropout: the numbers that it draws are PyTorch's
    "nn.Dropout": ["layer(nn.Dropout(), T(9))", "layer(nn.Dropout(0.2), T(9))"],
    "nn.AlphaDropout": ["layer(nn.AlphaDropout(0.3), T(9))"],
    "nn.FeatureAlphaDropout": ["layer(nn.FeatureAlphaDropout(0.3), T(2, 3, 2))"],
    **each(
        """nn.Dropout{d}d
        layer(nn.Dropout{d}d(0.4), T(2, 3, {s}))""",
        1,
        2,
        3,
    ),
    # Recurrent layers
    "nn.RNN": [
        "layer(nn.RNN(3, 2), T(4, 2, 3))",
        "layer(nn.RNN(3, 2, 2, nonlinearity='relu', bias=False, batch_first=True, bidirectional=True), T(2, 4, 3))",
        "layer(nn.RNN(3, 2), T(4, 3), T(1, 2))",
    ],
    "nn.LSTM": [
        "layer(nn.LSTM(3, 2), T(4, 2, 3))",
        "layer(nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True, proj_size=2), T(2, 4, 3))",
        "layer(nn.LSTM(3, 2, bias=False), T(4, 3), (T(1, 2), T(1, 2, shift=0.1)))",
        "seeded(lambda: [p.detach() for p in nn.LSTM(2, 2, 2).parameters()])",
    ],
    "nn.GRU": [
        "layer(nn.GRU(3, 2), T(4, 2, 3))",
        "layer(nn.GRU(3, 2, 2, bias=False, batch_first=True, bidirectional=True), T(2, 4, 3))",
        "layer(nn.GRU(3, 2), T(4, 3), T(1, 2))",
    ],
    "nn.RNNCell": [
        "layer(nn.RNNCell(3, 2), T(4, 3))",
        "layer(nn.RNNCell(3, 2, bias=False, nonlinearity='relu'), T(3), T(2))",
    ],
    "nn.LSTMCell": ["layer(nn.LSTMCell(3, 2), T(4, 3))", "layer(nn.LSTMCell(3, 2, bias=False), T(3), (T(2), P(2)))"],
    "nn.GRUCell": ["layer(nn.GRUCell(3, 2), T(4, 3))", "layer(nn.GRUCell(3, 2, bias=False), T(3), T(2))"],
    "nn.RNNBase": [
        "[list(p.shape) for p in nn.RNNBase('GRU', 3, 2, num_layers=2, bidirectional=True).parameters()]",
        "raised(lambda: nn.RNNBase('XYZ', 3, 2))",
    ],
    "nn.RNNCellBase": ["[list(p.shape) for p in nn.RNNCellBase(3, 2, True, 4).parameters()]"],
    # Containers
    "nn.Module": [
        "sorted(n for n, _ in nn.Module().named_parameters())",
        "[n for n, _ in nn.Sequential(nn.Linear(1, 2), nn.Sequential(nn.BatchNorm1d(2))).named_modules()]",
        "[n for n, _ in nn.Sequential(nn.BatchNorm1d(2)).named_buffers()]",
        "raised(lambda: nn.Module()(1))",
    ],
    "nn.Sequential": [
        "layer(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), T(4, 3))",
        "repr((nn.Sequential(nn.ReLU(), nn.Tanh()) + nn.Sequential(nn.ELU()))[1:])",
    ],
    "nn.ModuleList": [
        "repr(nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()]))",
        "[type(m).__name__ for m in nn.ModuleList([nn.ReLU(), nn.Tanh()]).extend([nn.ELU()])[::2]]",
    ],
    "nn.Container": [
        "repr(nn.Container(a=nn.ReLU(), b=nn.Tanh()))",
        "list(nn.Container(a=nn.Linear(2, 1), b=nn.Tanh()).state_dict())",
    ],
    "nn.factory_kwargs": [
        "str(nn.factory_kwargs(None)), str(nn.factory_kwargs({'device': 'cpu', 'factory_kwargs': {'dtype': torch.int8}}))",
        "str(nn.factory_kwargs({'dtype': torch.float32}))",
        "said(lambda: nn.factory_kwargs({'dtype': torch.int8, 'factory_kwargs': {'dtype': torch.int8}}))",
        "said(lambda: nn.factory_kwargs({'size': 1}))",
    ],
    "nn.ModuleDict": [
        "repr(nn.ModuleDict({'b': nn.ReLU(), 'a': nn.Tanh()}))",
        "[list(nn.ModuleDict({'b': nn.ReLU(), 'a': nn.Tanh()}).keys()), 'a' in nn.ModuleDict({'a': nn.ReLU()})]",
    ],
    "nn.ParameterList": [
        "repr(nn.ParameterList([T(2), nn.Parameter(T(1, 2))]))",
        "[len(nn.ParameterList([T(1), T(1)]).extend([T(1)])), nn.ParameterList([T(2)])[-1].detach()]",
    ],
    "nn.ParameterDict": [
        "repr(nn.ParameterDict({'b': T(2), 'a': T(1)}))",
        "[sorted(nn.ParameterDict({'b': T(2), 'a': T(1)}).keys()), nn.ParameterDict({'w': T(2)})['w'].detach()]",
    ],
    "nn.Parameter": [
        "[nn.Parameter(T(2)).requires_grad, nn.Parameter(T(2), False).requires_grad, repr(nn.Parameter(torch.ones(1)))]",
    ],
    "nn.Buffer": [
        "[type(nn.Buffer(T(2))).__name__, nn.Buffer(T(2)).detach(), nn.Buffer(T(2), persistent=False).persistent]",
    ],
    "nn.UninitializedParameter": [
        "seeded(lambda: [p.materialize((2, 3)) or list(p.shape) for p in [nn.UninitializedParameter()]])",
        "raised(lambda: nn.UninitializedParameter().shape)",
    ],
    "nn.UninitializedBuffer": [
        "[b.materialize((2, 3)) or list(b.shape) for b in [nn.UninitializedBuffer()]]",
        "nn.UninitializedBuffer().requires_grad",
    ],
    # Convolutions
    **each(
        """nn.Conv{d}d
        layer(nn.Conv{d}d(2, 3, 3), T(2, 2, {s}))
        layer(nn.Conv{d}d(2, 4, 2, stride=2, padding=1, dilation=2, groups=2, bias=False), T(2, 2, {s}))
        layer(nn.Conv{d}d(2, 2, 3, padding='same', padding_mode='reflect'), T(2, {s}))
        layer(nn.Conv{d}d(1, 1, 3, padding=1, padding_mode='circular'), T(1, 1, {s}))
        seeded(lambda: [p.detach() for p in nn.Conv{d}d(2, 2, 2).parameters()])""",
        1,
        2,
        3,
    ),
    **each(
        """nn.ConvTranspose{d}d
        layer(nn.ConvTranspose{d}d(2, 3, 2), T(2, 2, {s}))
        layer(nn.ConvTranspose{d}d(2, 4, 3, 2, 1, output_padding=1, groups=2, bias=False), T(1, 2, {s}))
        layer(nn.ConvTranspose{d}d(2, 1, 2, dilation=2), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.LazyConv{d}d
        lazy(nn.LazyConv{d}d(2, 2, stride=2, padding=1, bias=False), T(1, 2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.LazyConvTranspose{d}d
        lazy(nn.LazyConvTranspose{d}d(2, 2, stride=2, output_padding=1), T(1, 2, {s}))""",
        1,
        2,
        3,
    ),
    "nn.LazyLinear": ["lazy(nn.LazyLinear(2), T(4, 3))", "lazy(nn.LazyLinear(2, bias=False), T(3))"],
    # Normalisation by batches and instances
    **each(
        """nn.BatchNorm{d}d
        layer(nn.BatchNorm{d}d(2), T(2, 2, {s}))
        layer(nn.BatchNorm{d}d(2, eps=0.1, momentum=0.3, affine=False), T(2, 2, {s}))
        layer(nn.BatchNorm{d}d(2, momentum=None), T(2, 2, {s}))
        layer(nn.BatchNorm{d}d(2, track_running_stats=False), T(2, 2, {s}))
        raised(lambda: nn.BatchNorm{d}d(2)(torch.ones(2)))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.InstanceNorm{d}d
        layer(nn.InstanceNorm{d}d(2), T(2, 2, {s}))
        layer(nn.InstanceNorm{d}d(2, eps=0.1, momentum=0.3, affine=True, track_running_stats=True), T(2, 2, {s}))
        layer(nn.InstanceNorm{d}d(2), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.LazyBatchNorm{d}d
        lazy(nn.LazyBatchNorm{d}d(momentum=0.3), T(2, 2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.LazyInstanceNorm{d}d
        lazy(nn.LazyInstanceNorm{d}d(affine=True), T(2, 2, {s}))""",
        1,
        2,
        3,
    ),
    "nn.DataParallel": [
        "fill(nn.DataParallel(nn.Linear(2, 3)))(T(4, 2))",
        "list(nn.DataParallel(nn.Linear(2, 3)).state_dict())",
    ],
    "nn.SyncBatchNorm": [
        "fill(nn.SyncBatchNorm(2, eps=0.1)).eval()(T(2, 2, 3))",
        "repr(nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(2), nn.ReLU())))",
    ],
    # Pooling
    **each(
        """nn.MaxPool{d}d
        layer(nn.MaxPool{d}d(2), T(2, 2, {s}))
        layer(nn.MaxPool{d}d(3, stride=2, padding=1, ceil_mode=True, return_indices=True), T(1, 2, {s}))
        layer(nn.MaxPool{d}d(2, stride=1, dilation=2), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.AvgPool{d}d
        layer(nn.AvgPool{d}d(2), T(2, 2, {s}))
        layer(nn.AvgPool{d}d(3, stride=2, padding=1, ceil_mode=True), T(1, 2, {s}))
        layer(nn.AvgPool{d}d(3, 2, 1, count_include_pad=False), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.LPPool{d}d
        layer(nn.LPPool{d}d(2, 2), P(2, 2, {s}))
        layer(nn.LPPool{d}d(3, 3, stride=1, ceil_mode=True), P(1, 2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.AdaptiveAvgPool{d}d
        layer(nn.AdaptiveAvgPool{d}d(2), T(2, 2, {s}))
        layer(nn.AdaptiveAvgPool{d}d(3), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.AdaptiveMaxPool{d}d
        layer(nn.AdaptiveMaxPool{d}d(2), T(2, 2, {s}))
        layer(nn.AdaptiveMaxPool{d}d(3, return_indices=True), T(2, {s}))""",
        1,
        2,
        3,
    ),
    **each(
        """nn.MaxUnpool{d}d
        grads(lambda x: nn.MaxUnpool{d}d(2)(*F.max_pool{d}d(x, 2, return_indices=True), output_size=x.shape[2:]), T(1, 2, {s}))
        grads(lambda x: nn.MaxUnpool{d}d(2)(*F.max_pool{d}d(x, 2, return_indices=True)), T(1, 2, *[4] * {d}))
        grads(lambda x: nn.MaxUnpool{d}d(3, stride=2, padding=1)(*F.max_pool{d}d(x, 3, 2, 1, return_indices=True), output_size=x.shape), T(2, 1, {s}))
        repr(nn.MaxUnpool{d}d(3, 2, 1))""",
        1,
        2,
        3,
    ),
    "nn.FractionalMaxPool2d": [
        "layer(nn.FractionalMaxPool2d(2, output_size=(3, 2)), T(1, 2, 6, 5))",
        "layer(nn.FractionalMaxPool2d(2, output_ratio=(0.6, 0.5), return_indices=True, "
        "_random_samples=P(1, 2, 2)), T(1, 2, 6, 5))",
    ],
    "nn.FractionalMaxPool3d": [
        "layer(nn.FractionalMaxPool3d(2, output_size=(3, 2, 3)), T(1, 2, 6, 5, 6))",
        "layer(nn.FractionalMaxPool3d(2, output_ratio=(0.6, 0.5, 0.6), _random_samples=P(1, 2, 3)), T(1, 2, 6, 5, 6))",
    ],
    # Padding
    **each("""nn.ReflectionPad{d}d\n layer(nn.ReflectionPad{d}d(2), T(1, 2, {s}))""", 1, 2, 3),
    **each("""nn.ReplicationPad{d}d\n layer(nn.ReplicationPad{d}d(2), T(1, 2, {s}))""", 1, 2, 3),
    **each("""nn.CircularPad{d}d\n layer(nn.CircularPad{d}d(2), T(1, 2, {s}))""", 1, 2, 3),
    **each("""nn.ZeroPad{d}d\n layer(nn.ZeroPad{d}d(2), T(1, 2, {s}))""", 1, 2, 3),
    **each("""nn.ConstantPad{d}d\n layer(nn.ConstantPad{d}d(1, 3.5), T(1, 2, {s}))""", 1, 2, 3),
    # Softmax over many classes
    "nn.AdaptiveLogSoftmaxWithLoss": [
        "layer(nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], div_value=2.0), T(5, 4), I(9, 5))",
        "layer(nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3], head_bias=True), T(5, 4), I(9, 5))",
        "fill(nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], 2.0)).log_prob(T(3, 4))",
        "fill(nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], 2.0)).predict(T(3, 4))",
    ],
}
