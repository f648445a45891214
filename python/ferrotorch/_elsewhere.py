"""Names of the package by the part that has them, of parts which not every program needs."""

from __future__ import annotations

_NAMES_BY_PART = {
    "_functions.layers": """
        adaptive_max_pool1d alpha_dropout alpha_dropout_ batch_norm binary_cross_entropy_with_logits
        cosine_embedding_loss ctc_loss dropout dropout_ embedding embedding_bag feature_alpha_dropout
        feature_alpha_dropout_ feature_dropout feature_dropout_ grid_sampler grid_sampler_2d grid_sampler_3d
        hinge_embedding_loss instance_norm kl_div margin_ranking_loss poisson_nll_loss triplet_margin_loss
    """,
    "_typed_storage": """
        BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage
        FloatStorage HalfStorage IntStorage LongStorage ShortStorage Storage TypedStorage
    """,
    "storage": "StorageBase is_storage",
    "_control": "cond while_loop",
    "_functions.files": "from_file",
    "_functions.recurrent": "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
    "_quantized._construction": """
        _empty_affine_quantized _empty_per_channel_affine_quantized _make_per_channel_quantized_tensor
        _make_per_tensor_quantized_tensor quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic
    """,
    "_quantized._fake": """
        _fake_quantize_learnable_per_channel_affine _fake_quantize_learnable_per_tensor_affine
        fake_quantize_per_channel_affine fake_quantize_per_tensor_affine fused_moving_avg_obs_fake_quant
    """,
    "_quantized._parameters": "_choose_qparams_per_tensor choose_qparams_optimized",
    "_quantized._layers": "quantized_batch_norm quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d",
    "_c_names": """
        AnyType BoolType ClassType ComplexType DeviceObjType DictType EnumType FloatType FutureType IntType
        InterfaceType ListType NoneType NumberType OptionalType StreamObjType StringType SymIntType TensorType TupleType
        UnionType
    """,
    "_aten": """
        _adaptive_avg_pool2d _adaptive_avg_pool3d _conj _conj_copy _convolution _is_all_true _is_any_true _log_softmax
        _log_softmax_backward_data _native_batch_norm_legit _safe_softmax _softmax _softmax_backward_data _stack
        _unsafe_index _unsafe_index_put
    """,
    "_aten.layers": """
        convolution native_batch_norm native_dropout native_group_norm native_layer_norm
    """,
    "_library.tags": "Tag",
    "amp._scaling": "_amp_foreach_non_finite_check_and_unscale_ _amp_update_scale_",
    "_linalg_utils": "eig lstsq matrix_rank solve",
    "nn.functional.grouped": "_grouped_mm _scaled_mm",
    "_aten.variants": "_has_compatible_shallow_copy_type _shape_as_tensor embedding_renorm_ slice_copy",
}

ELSEWHERE = {name: part for part, names in _NAMES_BY_PART.items() for name in names.split()}
