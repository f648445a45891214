"""What layers and functions of `nn` refuse: the words where they are the same, else the class of the exception."""

from recorded.cases.refusals import of


def kinds(*calls: str) -> list[str]:
    return [f"raised(lambda: {call})" for call in calls]


FUNCTIONAL = {
    "celu": of(
        "F.celu(torch.zeros(2), 0.0)",
    ),
    "prelu": of(
        "F.prelu(torch.zeros(2), torch.zeros(1, 1))",
    )
    + kinds(
        "F.prelu(T(2), torch.zeros(1))",
        "F.prelu(torch.zeros(2, 3), torch.zeros(2))",
        "F.prelu(torch.tensor(1.0), torch.zeros(2))",
    ),
    "glu": kinds(
        "F.glu(torch.tensor(1.0))",
        "F.glu(torch.zeros(3))",
    ),
    "softmax": kinds(
        "F.softmax(torch.zeros(2), 1)",
        "F.gumbel_softmax(torch.tensor([1, 2]))",
    ),
    "linear": kinds(
        "F.linear(torch.zeros(2, 3), torch.zeros(2, 4))",
        "F.bilinear(torch.zeros(2, 3), torch.zeros(2, 2), torch.zeros(4, 2, 2))",
    ),
    "dropout": of(
        "F.dropout(T(2), 1.1)",
        "F.dropout(T(2), -0.1)",
        "F.alpha_dropout(T(2), 1.1)",
        "F.dropout1d(T(2, 3), -1)",
        "F.dropout1d(T(2))",
        "F.dropout2d(T(2, 3), 2)",
        "F.dropout3d(T(2, 3), 2)",
        "F.feature_alpha_dropout(T(2, 3), 2)",
    ),
    "one_hot": of(
        "F.one_hot(torch.zeros(0, dtype=torch.int64))",
    )
    + kinds(
        "F.one_hot(T(2))",
        "F.one_hot(torch.tensor([3]), 2)",
        "F.one_hot(torch.tensor([-1]))",
    ),
    "embedding": kinds(
        "F.embedding(torch.tensor([0]), T(3, 2), padding_idx=3)",
        "F.embedding(torch.tensor([0]), T(3, 2), padding_idx=-4)",
    ),
    "embedding_bag": of(
        "F.embedding_bag(torch.tensor([[[0]]]), T(3, 2))",
    )
    + kinds(
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), torch.tensor([0]))",
        "F.embedding_bag(torch.tensor([0]), T(3, 2))",
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), mode='other')",
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), mode='mean', per_sample_weights=T(1, 1))",
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), mode='sum', per_sample_weights=T(1, 2))",
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), mode='max', scale_grad_by_freq=True)",
        "F.embedding_bag(torch.tensor([[0]]), T(3, 2), mode='max', sparse=True)",
        "F.embedding_bag(torch.tensor([0]), T(3, 2), torch.tensor([[0]]))",
    ),
    "affine_grid": of(
        "F.affine_grid(torch.zeros(1, 2, 3, dtype=torch.int64), (1, 1, 2, 2))",
        "F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 2))",
    )
    + kinds(
        "F.affine_grid(torch.zeros(1, 2, 4), (1, 1, 2, 2))",
        "F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 2, 0))",
    ),
    "grid_sample": of(
        "F.grid_sample(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 2, 2), mode='other', align_corners=False)",
        "F.grid_sample(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 2, 2), padding_mode='other', align_corners=False)",
    ),
    "interpolate": of(
        "F.interpolate(torch.zeros(1, 2, 4, 4))",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, 2)",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, mode='linear')",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, mode='trilinear')",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, mode='nearest', align_corners=True)",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, recompute_scale_factor=True)",
        "F.interpolate(torch.zeros(1, 1, 4), 2, mode='bilinear')",
    )
    + kinds(
        "F.interpolate(torch.zeros(1, 2, 4, 4), (2, 2, 2))",
        "F.interpolate(torch.zeros(1, 2, 4, 4), scale_factor=(2, 2, 2))",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, mode='other')",
        "F.interpolate(torch.zeros(1, 1, 4), 2, mode='bicubic')",
        "F.interpolate(torch.zeros(1, 2, 4, 4), 2, mode='nearest', antialias=True)",
    ),
    "pad": of(
        "F.pad(torch.zeros(1, 2, 4, 4), (1, 1), 'reflect', 2)",
        "F.pad(torch.zeros(1, 2, 4, 4), (1, 1, 1, 1), 'circular', 2)",
        "F.pad(torch.zeros(1, 2, 4, 4), (1, 1), 'other')",
    ),
    "instance_norm": of(
        "F.instance_norm(torch.zeros(1, 2, 1))",
        "F.instance_norm(torch.zeros(1, 2, 3), use_input_stats=False)",
        "F.batch_norm(torch.zeros(1, 2), None, None, training=True)",
    ),
    "group_norm": kinds(
        "F.group_norm(torch.zeros(2, 3), 2)",
        "F.group_norm(torch.zeros(2), 1)",
    ),
    "local_response_norm": kinds(
        "F.local_response_norm(torch.zeros(2, 3), 2)",
    ),
    "cosine_similarity": kinds(
        "F.cosine_similarity(torch.tensor([1]), torch.tensor([2]), 0)",
    ),
    "pdist": of(
        "F.pdist(torch.zeros(2, 2, 2))",
    )
    + kinds(
        "F.pdist(torch.zeros(2, 2), -1)",
    ),
    "pixel_shuffle": of(
        "F.pixel_shuffle(torch.zeros(2, 2), 2)",
        "F.pixel_shuffle(torch.zeros(3, 2, 2), 2)",
        "F.pixel_shuffle(torch.zeros(4, 2, 2), 0)",
        "F.pixel_unshuffle(torch.zeros(2, 2), 2)",
        "F.pixel_unshuffle(torch.zeros(1, 2, 3), 0)",
        "F.channel_shuffle(torch.zeros(1, 3, 2, 2), 2)",
        "F.channel_shuffle(torch.zeros(2, 2), 2)",
        "F.channel_shuffle(torch.zeros(1, 2, 2), 0)",
    )
    + kinds(
        "F.pixel_unshuffle(torch.zeros(1, 3, 2), 2)",
        "F.pixel_unshuffle(torch.zeros(1, 2, 3), 2)",
    ),
    "max_unpool": kinds(
        "F.max_unpool1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 3, dtype=torch.int64), 2)",
        "F.max_unpool2d(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), 2)",
        "F.max_unpool1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2, dtype=torch.int64), 2, output_size=(9,))",
        "F.max_unpool1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2, dtype=torch.int64), 2, output_size=(2,))",
        "F.max_unpool1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2, dtype=torch.int64), 2, output_size=(1, 1, 1, 4))",
    ),
    "fractional_max_pool": of(
        "F.fractional_max_pool2d(torch.zeros(1, 2, 4, 4), 2)",
        "F.fractional_max_pool3d(torch.zeros(1, 4, 4, 4), 2)",
        "nn.FractionalMaxPool2d(2, 2, 0.5)",
        "nn.FractionalMaxPool2d(2)",
        "nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.0))",
    )
    + kinds(
        "F.fractional_max_pool2d(torch.zeros(1, 2, 4, 4), 2, output_size=4)",
        "nn.FractionalMaxPool2d(2, output_ratio=1.0)",
        "nn.FractionalMaxPool3d(2, output_ratio=1.5)",
    ),
    "nll_loss": of(
        "F.nll_loss(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64), reduction='other')",
    )
    + kinds(
        "F.nll_loss(torch.zeros(2, 3), torch.zeros(3, dtype=torch.int64))",
    ),
    "binary_cross_entropy": of(
        "F.binary_cross_entropy(torch.zeros(2), torch.zeros(3))",
        "F.binary_cross_entropy_with_logits(torch.zeros(2), torch.zeros(3))",
    ),
    "multi_margin_loss": kinds(
        "F.multi_margin_loss(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64), p=3)",
        "F.multi_margin_loss(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64), weight=torch.zeros(1, 3))",
    ),
    "margin_ranking_loss": of(
        "F.margin_ranking_loss(torch.zeros(2), torch.zeros(2, 1), torch.zeros(2))",
    )
    + kinds(
        "F.cosine_embedding_loss(torch.zeros(2, 2), torch.zeros(2, 2), torch.zeros(2, 1))",
    ),
    "huber_loss": kinds(
        "F.huber_loss(T(2), T(2), delta=0.0)",
        "F.huber_loss(T(2), T(2), delta=-1.0)",
        "F.smooth_l1_loss(T(2), T(2), beta=-1.0)",
    ),
    "weights of losses": kinds(
        "F.mse_loss(T(2), T(2), weight=T(3))",
        "F.l1_loss(T(2), T(2), weight=T(3))",
        "F.huber_loss(T(2), T(2), weight=T(1))",
    ),
    "gaussian_nll_loss": of(
        "F.gaussian_nll_loss(T(2), T(2), T(2))",
    )
    + kinds(
        "F.gaussian_nll_loss(T(2), T(2), P(3))",
        "F.gaussian_nll_loss(T(2), T(2), -1.0)",
        "F.gaussian_nll_loss(T(2), T(2), P(2), reduction='other')",
    ),
    "ctc_loss": kinds(
        "F.ctc_loss(T(3, 1, 2), torch.tensor([[1]]), (3,), (1,), blank=2)",
        "F.ctc_loss(T(3, 1, 2), torch.tensor([[1]]), (3, 3), (1,))",
    ),
    "triplet_margin_loss": of(
        "F.triplet_margin_loss(T(2, 2), T(2), T(2, 2))",
        "F.triplet_margin_loss(T(2), T(2), T(2), margin=-1)",
        "F.triplet_margin_loss(T(2), T(2), T(2), margin=0)",
        "F.triplet_margin_with_distance_loss(T(2), T(2), T(2), margin=-1)",
        "F.triplet_margin_with_distance_loss(T(2), T(2), T(2), reduction='other')",
    ),
    "poisson_nll_loss": of(
        "F.poisson_nll_loss(T(2), T(2), reduction='other')",
        "F.kl_div(T(2), T(2), reduction='other')",
    ),
    "lp_pool": of(
        "F.lp_pool1d(T(1, 2), 0, 1)",
        "F.lp_pool2d(T(1, 2, 2), 0, 1)",
    ),
    "adaptive pools": of(
        "F.adaptive_max_pool1d(T(1, 2), (1, 2))",
    ),
    "multi_head_attention_forward": of(
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4)[None], torch.zeros(3, 1, 4), torch.zeros(3, 1, 4))",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4)[:, 0], torch.zeros(3, 1, 4)[:, 0], torch.zeros(3, 1, 4)[:, 0], key_padding_mask=torch.zeros(1, 3))",
        "nn.MultiheadAttention(4, 3)",
        "nn.MultiheadAttention(0, 1)",
        "nn.MultiheadAttention(4, 0)",
    )
    + kinds(
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), is_causal=True)",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4)[0], torch.zeros(3, 1, 4), torch.zeros(3, 1, 4))",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), attn_mask=torch.zeros(3, 2))",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), attn_mask=torch.zeros(3, 3, 3))",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), attn_mask=torch.zeros(3, 3, dtype=torch.int64))",
        "nn.MultiheadAttention(4, 2)(torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), torch.zeros(3, 1, 4), key_padding_mask=torch.zeros(1, 3, dtype=torch.int64))",
    ),
}

MODULES = {
    "Hardtanh": of(
        "nn.Softmax2d()(torch.zeros(2, 2))",
    )
    + kinds(
        "nn.Hardtanh(1.0, 1.0)",
        "nn.Hardtanh(2.0, 1.0)",
    ),
    "AdaptiveLogSoftmaxWithLoss": of(
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(2, 4), torch.tensor([0]))",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(1, 4), torch.tensor([5]))",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(1, 4), torch.tensor([-1]))",
    )
    + kinds(
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [0, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [5])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2.5])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(4), torch.tensor([0, 1]))",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(torch.zeros(1, 4), torch.tensor([[0]]))",
    ),
    "Conv": of(
        "nn.Conv2d(2, 2, 1, groups=0)",
        "nn.Conv2d(3, 2, 1, groups=2)",
        "nn.Conv2d(2, 3, 1, groups=2)",
        "nn.Conv2d(2, 2, 3, 2, padding='same')",
        "nn.Conv2d(2, 2, 3, (1, 2), padding='same')",
        "nn.ConvTranspose2d(2, 2, 3, padding_mode='reflect')",
        "nn.ConvTranspose1d(1, 1, 3, 2)(torch.zeros(1, 1, 4), output_size=[1, 1, 1, 9])",
        "nn.Conv1d(1, 1, 1)(torch.zeros(1, 1, 1, 1))",
        "nn.LazyConv2d(2, 1, groups=2)(torch.zeros(1, 3, 2, 2))",
    )
    + kinds(
        "nn.Conv2d(2, 2, 3, padding='other')",
        "nn.Conv2d(2, 2, 3, padding_mode='other')",
        "nn.ConvTranspose1d(1, 1, 3, 2)(torch.zeros(1, 1, 4), output_size=[20])",
        "nn.ConvTranspose1d(1, 1, 3, 2)(torch.zeros(1, 1, 4), output_size=[8])",
    ),
    "Norm": of(
        "nn.BatchNorm1d(2)(torch.zeros(2))",
        "nn.BatchNorm2d(2)(torch.zeros(2, 2))",
        "nn.BatchNorm3d(2)(torch.zeros(2, 2))",
        "nn.InstanceNorm1d(2)(torch.zeros(2))",
        "nn.InstanceNorm2d(2)(torch.zeros(2, 2))",
        "nn.InstanceNorm2d(2, affine=True)(torch.zeros(1, 3, 2, 2))",
        "nn.SyncBatchNorm(2)(torch.zeros(2))",
    )
    + kinds(
        "nn.GroupNorm(2, 3)",
    ),
    "Linear": kinds(
        "nn.Bilinear(0, 1, 1)",
    ),
    "Unflatten": of(
        "nn.Unflatten(1, 2)",
        "nn.Unflatten(1, (1, 2.5))",
    )
    + kinds(
        "nn.Unflatten('a', ((1, 2),))",
    ),
    "RNN": of(
        "nn.RNN(2, 3, nonlinearity='other')",
        "nn.RNN(2, 3.5)",
        "nn.LSTM(2, 0)",
        "nn.GRU(2, 3, 0)",
        "nn.LSTM(2, 3, proj_size=3)",
        "nn.LSTM(2, 3, proj_size=-1)",
        "nn.LSTM(2, 3, dropout=1.5)",
        "nn.LSTM(2, 3, dropout=-0.5)",
        "nn.LSTM(2, 3, dropout=True)",
        "nn.LSTM(2, 3)(torch.zeros(2))",
        "nn.LSTM(2, 3)(torch.zeros(1, 1, 3))",
        "nn.LSTM(2, 3)(torch.zeros(1, 1, 2), (torch.zeros(1, 1, 3), torch.zeros(1, 1, 2)))",
        "nn.RNNCell(2, 3)(torch.zeros(1, 1, 2))",
        "nn.LSTMCell(2, 3)(torch.zeros(1, 1, 2))",
        "nn.RNNCell(2, 3, nonlinearity='other')(torch.zeros(2))",
    )
    + kinds(
        "nn.LSTM(2, 3)(torch.zeros(1, 2), (torch.zeros(1, 1, 3), torch.zeros(1, 1, 3)))",
        "nn.GRU(2, 3)(torch.zeros(1, 1, 2), torch.zeros(2, 1, 3))",
        "nn.RNN(2, 3)(torch.zeros(1, 1, 2), torch.zeros(1, 3))",
        "nn.RNN(2, 3)(torch.zeros(1, 2), torch.zeros(1, 1, 3))",
        "nn.GRUCell(2, 3)(torch.zeros(2), torch.zeros(1, 1, 3))",
    ),
    "Embedding": of(
        "nn.Embedding(3, 2, 3)",
        "nn.Embedding(3, 2, -4)",
        "nn.Embedding.from_pretrained(torch.zeros(3))",
        "nn.Embedding(3, 2, _weight=torch.zeros(2, 3))",
        "nn.EmbeddingBag.from_pretrained(torch.zeros(3))",
        "nn.EmbeddingBag(3, 2, padding_idx=3)",
        "nn.EmbeddingBag(3, 2, padding_idx=-4)",
    ),
    "Transformer": of(
        "nn.Transformer(4, 2, 1, 1, 4)(torch.zeros(2, 1, 4), torch.zeros(2, 1, 3))",
        "nn.Transformer(4, 2, 1, 1, 4)(torch.zeros(2, 1, 4), torch.zeros(2, 2, 4))",
        "nn.TransformerEncoderLayer(4, 2, activation='other')",
        "nn.TransformerDecoderLayer(4, 2, activation='other')",
    )
    + kinds(
        "nn.Transformer(4, 2, 1, 1, 4)(torch.zeros(2, 4), torch.zeros(2, 1, 4))",
    ),
    "Dropout": of(
        "nn.Dropout(1.1)",
        "nn.Dropout(-0.1)",
        "nn.Dropout2d(2)",
        "nn.AlphaDropout(-1)",
        "nn.FeatureAlphaDropout(3)",
    ),
    "losses": of(
        "nn.MultiMarginLoss(p=3)",
        "nn.MultiMarginLoss(weight=torch.zeros(1, 2))",
        "nn.TripletMarginLoss(margin=-1)",
        "nn.TripletMarginLoss(margin=0)",
        "nn.TripletMarginWithDistanceLoss(margin=-1)",
        "nn.MSELoss(reduction='other')(T(2), T(2))",
    )
    + kinds(
        "nn.HuberLoss(delta=-1)(T(2), T(2))",
    ),
    "Sequential": of(
        "nn.Sequential() + 3",
        "nn.Sequential() * 1.5",
        "nn.Sequential() * 0",
        "nn.Sequential().__iadd__(3)",
        "nn.Sequential().insert(0, 3)",
        "nn.Sequential().insert(2, nn.ReLU())",
        "nn.Sequential().insert(-1, nn.ReLU())",
        "nn.Sequential(nn.ReLU())[1]",
        "nn.Sequential(nn.ReLU())[-2]",
        "nn.Sequential(3)",
        "nn.Sequential().pop(0)",
        "nn.Sequential().append(3)",
    ),
    "containers": of(
        "nn.ModuleList([3])",
        "nn.ModuleList([nn.ReLU()])[1]",
        "nn.ModuleList(3)",
        "nn.ModuleList().extend(3)",
        "nn.ModuleList()(1)",
        "nn.ModuleList().pop(0)",
        "nn.ModuleDict({'a': 3})",
        "nn.ModuleDict(3)",
        "nn.ModuleDict([(1, 2, 3)])",
        "nn.ModuleDict({3: nn.ReLU()})",
        "nn.ModuleDict()['a']",
        "nn.ParameterList(3)",
        "nn.ParameterList().extend(3)",
        "nn.ParameterList()[0]",
        "nn.ParameterList()(1)",
        "nn.ParameterList([T(1)])[1.5]",
        "nn.ParameterDict([(1, 2, 3)])",
        "nn.ParameterDict()(1)",
        "nn.ParameterDict().popitem()",
    )
    + kinds(
        "nn.ModuleDict([3])",
        "nn.ParameterDict()['a']",
        "nn.ParameterDict(3)",
        "nn.ParameterDict([3])",
        "nn.ParameterDict().pop('a')",
    ),
    "Module": of(
        "nn.Module().register_parameter('', None)",
        "nn.Module().register_parameter(3, None)",
        "nn.Module().register_parameter('training', None)",
        "nn.Module().register_buffer('', None)",
        "nn.Module().register_buffer(3, None)",
        "nn.Module().register_buffer('a', 3)",
        "nn.Module().register_buffer('training', None)",
        "nn.Module().add_module('a', 3)",
        "nn.Module().add_module('a.b', None)",
        "nn.Module().add_module('', None)",
        "nn.Module().add_module(3, None)",
        "nn.Module().add_module('training', None)",
        "nn.Module()(1)",
        "nn.Module().a",
        "delattr(nn.Module(), 'a')",
        "nn.Module().train(3)",
        "nn.Module().to(torch.int64)",
        "nn.Module().get_submodule('a')",
        "nn.Sequential(nn.ReLU()).get_submodule('0.training')",
        "nn.Module().get_parameter('a')",
        "nn.Linear(1, 1).get_parameter('training')",
        "nn.Module().get_buffer('a')",
        "nn.Linear(1, 1).get_buffer('weight')",
        "nn.Module().set_submodule('', nn.ReLU())",
        "nn.Module().set_submodule('a', 3)",
        "nn.Module().set_submodule('a.b', nn.ReLU())",
        "nn.Linear(1, 1).set_submodule('weight.b', nn.ReLU())",
        "nn.Linear(1, 1).load_state_dict({})",
        "nn.Linear(1, 1).load_state_dict(3)",
    )
    + kinds(
        "nn.Module(3)",
        "nn.Module(a=3)",
        "nn.Module().register_parameter('a.b', None)",
        "nn.Module().register_parameter('a', T(2))",
        "nn.Module().register_parameter('a', nn.Parameter(T(2)) * 2)",
        "nn.Module().register_buffer('a.b', None)",
        "setattr(nn.Linear(1, 1), 'weight', T(2))",
        "nn.Module().to('no')",
        "nn.Module().get_extra_state()",
        "nn.Module().set_extra_state(3)",
    ),
    "nn.utils": of(
        "utils.skip_init(3)",
        "utils.skip_init(nn.ReLU)",
        "utils.skip_init(torch.Tensor)",
        "utils.fuse_linear_bn_eval(nn.Linear(1, 2), nn.BatchNorm1d(2))",
        "utils.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1))",
        "utils.clip_grad_norm_([torch.zeros(1)], 'a')",
        "utils.parametrizations.spectral_norm(nn.ReLU())",
        "utils.parametrizations.orthogonal(nn.ReLU())",
        "utils.parametrizations.orthogonal(nn.Linear(2, 2), 'bias')",
        "utils.parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map='other')",
        "utils.parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)",
        "utils.parametrizations.spectral_norm(nn.Linear(2, 2), dim=2)",
        "utils.parametrizations.spectral_norm(nn.Linear(2, 2), dim=-3)",
        "utils.parametrizations.weight_norm(nn.ReLU())",
        "utils.parametrize.remove_parametrizations(nn.ReLU(), 'weight')",
        "utils.parametrize.register_parametrization(nn.ReLU(), 'weight', nn.ReLU())",
        "utils.spectral_norm(nn.Linear(1, 1), n_power_iterations=0)",
        "utils.remove_spectral_norm(nn.ReLU())",
        "utils.remove_weight_norm(nn.ReLU())",
        "prune.l1_unstructured(nn.Linear(2, 2), 'weight', 5)",
        "prune.l1_unstructured(nn.Linear(2, 2), 'weight', 'a')",
        "prune.random_structured(nn.Linear(2, 2), 'weight', 3, 0)",
        "prune.remove(nn.Linear(2, 2), 'weight')",
        "prune.global_unstructured(3, 3)",
        "utils.rnn.pack_padded_sequence(T(2, 2, 1), [2, 0])",
        "utils.rnn.pack_padded_sequence(T(2, 2, 1), [2])",
        "utils.rnn.pad_sequence(3)",
        "utils.rnn.pad_sequence([T(2)], padding_side='up')",
        "utils.vector_to_parameters([1], [])",
    )
    + kinds(
        "prune.l1_unstructured(nn.Linear(2, 2), 'weight', 1.5)",
        "prune.l1_unstructured(nn.Linear(2, 2), 'weight', -0.5)",
        "prune.ln_structured(nn.Linear(2, 2), 'weight', 1, 2, 2)",
        "prune.ln_structured(nn.Linear(2, 2), 'bias', 1, 2, 0)",
        "prune.is_pruned(3)",
        "utils.rnn.pack_padded_sequence(T(2, 2, 1), [1, 2])",
        "utils.rnn.pad_sequence([])",
        "utils.rnn.pack_sequence([T(1), T(2)])",
        "utils.parameters_to_vector([])",
    ),
    "init": of(
        "init.calculate_gain('other')",
        "init.calculate_gain('leaky_relu', 'a')",
        "init.kaiming_uniform_(T(2, 2), mode='other')",
        "init.xavier_uniform_(T(2))",
        "init.kaiming_normal_(T(2))",
        "init.orthogonal_(T(2))",
        "init.trunc_normal_(T(2), std=-1)",
    )
    + kinds(
        "init.eye_(T(2))",
        "init.dirac_(T(2, 2))",
        "init.dirac_(T(2, 2, 2), 3)",
        "init.sparse_(T(2), 0.1)",
    ),
}

CASES: dict[str, list[str]] = {}
for part in (FUNCTIONAL, MODULES):
    CASES |= {f"{name} refused": cases for name, cases in part.items()}
