"""Modules of PyTorch that are not here, and what packages import from them."""

__all__ = ["ABSENT"]

ABSENT: dict[str, str] = {
    "_decomp": """
        core_aten_decompositions decomposition_table get_decompositions register_decomposition
        remove_decompositions
    """,
    "_decomp.decompositions": "aten pw_cast_for_opmath",
    "_dispatch.python": "enable_python_dispatcher",
    "_dynamo.aot_compile": "SerializableCallable",
    "_dynamo.backends.common": "aot_autograd fake_tensor_unsupported",
    "_dynamo.convert_frame": "FRAME_COMPILE_COUNTER GraphCaptureOutput compile_lock register_bytecode_hook",
    "_dynamo.guards": "Guard GuardBuilder",
    "_dynamo.output_graph": "OutputGraph",
    "_dynamo.package": "SourceInfo",
    "_dynamo.source": "ConstantSource GlobalSource LocalSource NegateSource TensorProperty TensorPropertySource",
    "_dynamo.symbolic_convert": "InliningInstructionTranslator",
    "_dynamo.testing": "CompileCounterWithBackend",
    "_dynamo.trace_rules": "LEGACY_MOD_INLINELIST",
    "_dynamo.variables": "ConstantVariable SliceVariable SymNodeVariable",
    "_dynamo.variables.base": "NO_SUCH_SUBOBJ",
    "_dynamo.variables.builder": "VariableBuilder",
    "_export": "aot_compile aot_load config",
    "_export.error": "InternalError",
    "_export.pass_base": "Argument PassType",
    "_export.pass_infra.node_metadata": "NodeMetadata",
    "_export.pass_infra.proxy_value": "ProxyValue",
    "_export.passes": "ReplaceViewOpsWithViewCopyOpsPass",
    "_export.serde": "",
    "_export.serde.schema": "SchemaVersion",
    "_export.serde.union": "_Union",
    "_export.utils": """
        _detect_fake_mode_from_gm _disable_aten_to_metadata_assertions _get_shape_env_from_gm _is_cia_op
        get_buffer get_lifted_tensor_constant get_param is_buffer is_lifted_tensor_constant is_param
    """,
    "_export.verifier": "SpecViolationError Verifier load_verifier",
    "_functorch._aot_autograd.autograd_cache": "AOTAutogradCache autograd_cache_key",
    "_functorch._aot_autograd.functional_utils": "from_fun to_fun",
    "_higher_order_ops.auto_functionalize": "auto_functionalized auto_functionalized_v2",
    "_higher_order_ops.executorch_call_delegate": "executorch_call_delegate get_lowered_module_name is_lowered_module",
    "_higher_order_ops.inline_asm_elementwise": "inline_asm_elementwise",
    "_higher_order_ops.triton_kernel_wrap": "TritonKernelWrapperFunctional",
    "_inductor.async_compile": "",
    "_inductor.codecache": """
        BypassFxGraphCache CacheBase FxGraphCache FxGraphCachePickler TensorProperties
        compiled_fx_graph_hash determine_aoti_mmap_flags torch_key write_atomic
    """,
    "_inductor.codegen": "",
    "_inductor.codegen.cpp": "CppCSEVariable CppVecKernel cexpr_index",
    "_inductor.codegen.cpp_flex_attention_template": "CppFlexAttentionTemplate",
    "_inductor.codegen.cpp_template": "CppTemplate",
    "_inductor.codegen.cpp_template_kernel": "parse_expr_with_index_symbols wrap_with_tensorbox",
    "_inductor.codegen.cpp_wrapper_cpu": "CppWrapperCpu",
    "_inductor.codegen.triton": "IndexingOptions TritonOverrides",
    "_inductor.codegen.wrapper": """
        EnterSubgraphLine ExitSubgraphLine MemoryPlanningLine MemoryPlanningState PythonWrapperCodegen
        SubgraphPythonWrapperCodegen
    """,
    "_inductor.compile_fx": "clone_preserve_strides compile_fx compile_fx_inner graph_returns_tuple",
    "_inductor.constant_folding": "constant_fold",
    "_inductor.custom_graph_pass": "CustomGraphPass CustomInferenceAwareGraphPass get_hash_for_files",
    "_inductor.decomposition": "conv1d_to_conv2d register_decomposition remove_decompositions",
    "_inductor.exc": "InductorError",
    "_inductor.freezing": "replace_params_with_constants",
    "_inductor.freezing_utils": "maybe_set_is_frozen_param",
    "_inductor.fx_passes": "",
    "_inductor.fx_passes.freezing_patterns": "freezing_passes register_freezing_graph_pattern",
    "_inductor.fx_passes.joint_graph": "joint_graph_passes lazy_init",
    "_inductor.fx_passes.mkldnn_fusion": """
        _gelu_fusion_1 _gelu_fusion_2 _get_remaining_users _hardswish_fusion _hardtanh_fusion _silu_fusion
    """,
    "_inductor.fx_passes.post_grad": "view_to_reshape",
    "_inductor.fx_utils": "get_node_storage",
    "_inductor.graph": "GraphLowering is_same_tensor",
    "_inductor.ir": """
        Buffer ChoiceCaller CppTemplateBuffer DeviceCopy ExternKernel FallbackKernel FixedLayout
        GraphPartitionSignature IRNode Layout MutationOutput NoneAsConstantBuffer NoneLayout Pointwise
        ReinterpretView ShapeAsConstantBuffer TensorBox get_fill_order get_stride_order
    """,
    "_inductor.kernel.flex.common": "construct_strides maybe_realize",
    "_inductor.lowering": """
        FALLBACK_ALLOW_LIST addcmul expand fallback_node_due_to_unsupported_type lowerings register_lowering
        to_dtype
    """,
    "_inductor.output_code": "CompiledFxGraphConstantsWithGm",
    "_inductor.package": "load_package package_aoti",
    "_inductor.pattern_matcher": """
        Arg CallFunction CallFunctionVarArgs KeywordArg Match PatternMatcherPass PatternPrettyPrinter
        _seen_patterns filter_nodes fwd_only fx_to_pattern register_graph_pattern register_lowering_pattern
        register_replacement stable_topological_sort
    """,
    "_inductor.runtime": "",
    "_inductor.runtime.cache_dir_utils": "default_cache_dir",
    "_inductor.runtime.hints": "DeviceProperties",
    "_inductor.runtime.triton_helpers": "",
    "_inductor.runtime.triton_heuristics": "CachingAutotuner",
    "_inductor.scheduler": "BaseSchedulerNode FusedSchedulerNode Scheduler",
    "_inductor.select_algorithm": "DataProcessorTemplateWrapper ExternKernelChoice autotune_select_algorithm",
    "_inductor.sizevars": "SizeVarAllocator",
    "_inductor.standalone_compile": "AOTCompiledArtifact CompiledArtifact",
    "_inductor.utils": """
        CUDAGraphWrapperMetadata _unstable_customized_partition_wrapper fresh_cache is_cudagraph_unsafe_op
        parallel_num_threads run_and_get_code set_customized_partition_wrappers
    """,
    "_inductor.virtualized": "V ops",
    "_library.fake_class_registry": "FakeScriptObject deregister_fake_class",
    "_library.opaque_object": "register_opaque_type",
    "_meta_registrations": "_linalg_svd_meta meta_avg_pool2d",
    "_opaque_base": "OpaqueBase",
    "_subclasses.functional_tensor": "FunctionalTensor FunctionalTensorMode disable_functional_mode",
    "distributed._composable.contract": "contract",
    "distributed._composable_state": "_get_module_state _module_state_mapping",
    "distributed._serialization": "_streaming_load _streaming_save",
    "distributed._shard": "load_with_process_group",
    "distributed._shard.metadata": "ShardMetadata",
    "distributed._shard.sharded_tensor": """
        Shard ShardMetadata ShardedTensor ShardedTensorBase ShardedTensorMetadata TensorProperties
    """,
    "distributed._shard.sharded_tensor.api": "ShardedTensor",
    "distributed._shard.sharding_spec": "EnumerableShardingSpec ShardMetadata ShardingSpec",
    "distributed._state_dict_utils": "_gather_state_dict",
    "distributed._symmetric_memory": """
        empty enable_symm_mem_for_group get_symm_mem_workspace is_symm_mem_enabled_for_group rendezvous
        set_backend
    """,
    "distributed.fsdp._flat_param": "FlatParamHandle FlatParameter",
    "distributed.fsdp._runtime_utils": "_post_backward_final_callback _reshard _root_pre_forward",
    "distributed.fsdp._traversal_utils": "_get_fsdp_states",
    "distributed.launcher": "LaunchConfig elastic_launch",
    "distributed.launcher.api": "LaunchConfig elastic_launch",
    "distributed.remote_device": "_remote_device",
    "distributed.tensor.experimental._attention": "_cp_options set_rotate_method",
    "distributed.tensor.experimental._context_parallel": "",
    "distributed.tensor.experimental._context_parallel._sharding_rules": "unregister_cp_sharding_rules",
    "export._remove_auto_functionalized_pass": "unsafe_remove_auto_functionalized_pass",
    "export._trace": "_export",
    "export.decomp_utils": "CustomDecompTable",
    "export.experimental": "_export_forward_backward",
    "export.passes": "move_to_device_pass",
    "export.pt2_archive._package_weights": "TensorProperties Weights",
    "fx._graph_pickler": "GraphPickler Options",
    "fx._lazy_graph_module": "_use_lazy_graph_module",
    "fx.experimental._config": "patch use_duck_shape",
    "fx.passes.infra.partitioner": "CapabilityBasedPartitioner Partition",
    "fx.passes.operator_support": "OperatorSupport OperatorSupportBase any_chain chain",
    "fx.passes.utils.fuser_utils": """
        NodeList erase_nodes fuse_as_graphmodule insert_subgm legalize_graph topo_sort validate_partition
    """,
    "fx.passes.utils.matcher_with_name_node_map_utils": "InternalMatch SubgraphMatcherWithNameNodeMap",
    "fx.passes.utils.source_matcher_utils": "SourcePartition check_subgraphs_connected get_source_partitions",
    "nn.attention.experimental._scaled_dot_product_attention_quantized": "_scaled_dot_product_attention_quantized",
    "nn.attention.varlen": "_should_use_cudnn varlen_attn",
    "package": "Importer PackageExporter PackageImporter sys_importer",
    "profiler._memory_profiler": "MemoryProfileTimeline _CATEGORY_TO_COLORS _CATEGORY_TO_INDEX",
    "sparse._triton_ops": "broadcast_batch_dims launch_kernel prepare_inputs ptr_stride_extractor tile_to_blocksize",
    "sparse._triton_ops_meta": "get_meta minimize update",
    "utils._sympy.functions": "FloorDiv PythonMod simple_floordiv_gcd",
    "utils._sympy.interp": "sympy_interp",
    "utils._sympy.numbers": "IntInfinity NegativeIntInfinity int_oo",
    "utils._sympy.value_ranges": "ValueRanges bound_sympy",
}
