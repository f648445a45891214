import sys
import traceback
import warnings

import torch
import transformers as T

warnings.filterwarnings("ignore")

T.logging.set_verbosity_error()


def ids(v=60, b=2, s=12):
    return torch.randint(3, v, (b, s))


L = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}


def lm(**k):
    return lambda: dict(input_ids=(i := ids()), labels=i, **k)


def seq():
    return {"input_ids": ids(), "attention_mask": torch.ones(2, 12, dtype=torch.long), "labels": torch.tensor([0, 1])}


def img(n=2, s=32, c=3):
    return {"pixel_values": torch.randn(n, c, s, s), "labels": torch.tensor([0, 1])}


def wav():
    return {"input_values": torch.randn(2, 4000)}


W = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 4, 4),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 20,
    "mask_time_length": 2,
    "mask_time_prob": 0.0,
}
R = [
    ("gemma", "GemmaConfig", "GemmaForCausalLM", dict(**L, num_key_value_heads=2, head_dim=8), lm()),
    (
        "gemma2",
        "Gemma2Config",
        "Gemma2ForCausalLM",
        dict(**L, num_key_value_heads=2, head_dim=8, sliding_window=4),
        lm(),
    ),
    (
        "gemma3",
        "Gemma3TextConfig",
        "Gemma3ForCausalLM",
        dict(**L, num_key_value_heads=2, head_dim=8, sliding_window=4),
        lm(),
    ),
    ("phi", "PhiConfig", "PhiForCausalLM", dict(**L), lm()),
    ("phi3", "Phi3Config", "Phi3ForCausalLM", dict(**L, pad_token_id=0), lm()),
    (
        "falcon",
        "FalconConfig",
        "FalconForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
        lm(),
    ),
    (
        "falcon_alibi",
        "FalconConfig",
        "FalconForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "alibi": True},
        lm(),
    ),
    (
        "mamba",
        "MambaConfig",
        "MambaForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},
        lm(),
    ),
    (
        "mamba2",
        "Mamba2Config",
        "Mamba2ForCausalLM",
        {
            "vocab_size": 64,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "state_size": 8,
            "num_heads": 8,
            "head_dim": 8,
            "expand": 2,
            "n_groups": 2,
            "chunk_size": 4,
        },
        lm(),
    ),
    (
        "falcon_mamba",
        "FalconMambaConfig",
        "FalconMambaForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},
        lm(),
    ),
    (
        "rwkv",
        "RwkvConfig",
        "RwkvForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32},
        lm(),
    ),
    (
        "deberta",
        "DebertaConfig",
        "DebertaForSequenceClassification",
        dict(**L, relative_attention=True, pos_att_type=["c2p", "p2c"]),
        seq,
    ),
    (
        "deberta_v2",
        "DebertaV2Config",
        "DebertaV2ForTokenClassification",
        dict(
            **L,
            relative_attention=True,
            pos_att_type=["c2p", "p2c"],
            position_buckets=8,
            conv_kernel_size=3,
            share_att_key=True,
        ),
        lambda: {"input_ids": ids(), "labels": torch.randint(0, 2, (2, 12))},
    ),
    (
        "longformer",
        "LongformerConfig",
        "LongformerForSequenceClassification",
        dict(**L, attention_window=4, pad_token_id=1),
        seq,
    ),
    (
        "bigbird",
        "BigBirdConfig",
        "BigBirdForMaskedLM",
        dict(**L, block_size=4, num_random_blocks=1, attention_type="original_full"),
        lm(),
    ),
    (
        "bigbird_sparse",
        "BigBirdConfig",
        "BigBirdForMaskedLM",
        {**L, "max_position_embeddings": 64, "block_size": 4, "num_random_blocks": 1, "attention_type": "block_sparse"},
        lambda: {"input_ids": (i := ids(s=48)), "labels": i},
    ),
    ("roformer", "RoFormerConfig", "RoFormerForMaskedLM", dict(**L), lm()),
    (
        "swin",
        "SwinConfig",
        "SwinForImageClassification",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2], "window_size": 4},
        img,
    ),
    (
        "swinv2",
        "Swinv2Config",
        "Swinv2ForImageClassification",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2], "window_size": 4},
        img,
    ),
    (
        "convnext",
        "ConvNextConfig",
        "ConvNextForImageClassification",
        {"hidden_sizes": [8, 16], "depths": [1, 2], "num_stages": 2},
        img,
    ),
    (
        "convnextv2",
        "ConvNextV2Config",
        "ConvNextV2ForImageClassification",
        {"hidden_sizes": [8, 16], "depths": [1, 2], "num_stages": 2},
        img,
    ),
    (
        "dinov2",
        "Dinov2Config",
        "Dinov2ForImageClassification",
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 32, "patch_size": 8},
        img,
    ),
    (
        "beit",
        "BeitConfig",
        "BeitForImageClassification",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 64,
            "image_size": 32,
            "patch_size": 8,
            "use_relative_position_bias": True,
        },
        img,
    ),
    (
        "segformer",
        "SegformerConfig",
        "SegformerForSemanticSegmentation",
        {
            "num_encoder_blocks": 2,
            "depths": [1, 1],
            "sr_ratios": [2, 1],
            "hidden_sizes": [8, 16],
            "patch_sizes": [3, 3],
            "strides": [2, 2],
            "num_attention_heads": [1, 2],
            "mlp_ratios": [2, 2],
            "decoder_hidden_size": 16,
        },
        lambda: {"pixel_values": torch.randn(2, 3, 32, 32), "labels": torch.randint(0, 2, (2, 32, 32))},
    ),
    (
        "mobilevit",
        "MobileViTConfig",
        "MobileViTForImageClassification",
        {
            "image_size": 64,
            "hidden_sizes": [16, 20, 24],
            "neck_hidden_sizes": [8, 8, 12, 12, 16, 16, 32],
            "patch_size": 2,
            "num_attention_heads": 2,
        },
        lambda: img(s=64),
    ),
    (
        "regnet",
        "RegNetConfig",
        "RegNetForImageClassification",
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "groups_width": 4},
        img,
    ),
    (
        "levit",
        "LevitConfig",
        "LevitForImageClassification",
        {
            "image_size": 64,
            "hidden_sizes": [16, 24, 32],
            "num_attention_heads": [2, 2, 2],
            "depths": [1, 1, 1],
            "key_dim": [4, 4, 4],
        },
        lambda: img(s=64),
    ),
    (
        "wav2vec2",
        "Wav2Vec2Config",
        "Wav2Vec2ForCTC",
        {**W, "ctc_loss_reduction": "mean"},
        lambda: dict(**wav(), labels=torch.randint(1, 20, (2, 5))),
    ),
    (
        "hubert",
        "HubertConfig",
        "HubertForSequenceClassification",
        W,
        lambda: dict(**wav(), labels=torch.tensor([0, 1])),
    ),
    (
        "wavlm",
        "WavLMConfig",
        "WavLMForSequenceClassification",
        {**W, "num_buckets": 16, "max_bucket_distance": 20},
        lambda: dict(**wav(), labels=torch.tensor([0, 1])),
    ),
    (
        "whisper",
        "WhisperConfig",
        "WhisperForConditionalGeneration",
        {
            "vocab_size": 64,
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "num_mel_bins": 8,
            "max_source_positions": 20,
            "max_target_positions": 20,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
        lambda: {"input_features": torch.randn(2, 8, 40), "labels": ids(s=6)},
    ),
    (
        "ast",
        "ASTConfig",
        "ASTForAudioClassification",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 64,
            "max_length": 32,
            "num_mel_bins": 16,
            "patch_size": 8,
            "time_stride": 8,
            "frequency_stride": 8,
        },
        lambda: {"input_values": torch.randn(2, 32, 16), "labels": torch.tensor([0, 1])},
    ),
    (
        "layoutlm",
        "LayoutLMConfig",
        "LayoutLMForTokenClassification",
        dict(**L),
        lambda: {
            "input_ids": ids(),
            "bbox": torch.randint(0, 60, (2, 12, 2)).sort(2).values.repeat(1, 1, 2),
            "labels": torch.randint(0, 2, (2, 12)),
        },
    ),
    (
        "t5",
        "T5Config",
        "T5ForConditionalGeneration",
        {
            "vocab_size": 64,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 4,
            "decoder_start_token_id": 0,
        },
        lm(),
    ),
    (
        "bart",
        "BartConfig",
        "BartForConditionalGeneration",
        {
            "vocab_size": 64,
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "max_position_embeddings": 64,
        },
        lm(),
    ),
    (
        "led",
        "LEDConfig",
        "LEDForConditionalGeneration",
        {
            "vocab_size": 64,
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "attention_window": 4,
            "max_encoder_position_embeddings": 64,
            "max_decoder_position_embeddings": 64,
        },
        lm(),
    ),
    (
        "electra",
        "ElectraConfig",
        "ElectraForPreTraining",
        {**L, "embedding_size": 16},
        lambda: {"input_ids": ids(), "labels": torch.randint(0, 2, (2, 12))},
    ),
    ("albert", "AlbertConfig", "AlbertForMaskedLM", {**L, "embedding_size": 16}, lm()),
    (
        "xlnet",
        "XLNetConfig",
        "XLNetForSequenceClassification",
        {"vocab_size": 64, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64},
        lambda: {"input_ids": ids(), "labels": torch.tensor([0, 1])},
    ),
    (
        "fnet",
        "FNetConfig",
        "FNetForMaskedLM",
        {
            "vocab_size": 64,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "intermediate_size": 64,
            "max_position_embeddings": 64,
        },
        lm(),
    ),
    (
        "bloom",
        "BloomConfig",
        "BloomForCausalLM",
        {"vocab_size": 64, "hidden_size": 32, "n_layer": 2, "n_head": 4},
        lm(),
    ),
    (
        "gptj",
        "GPTJConfig",
        "GPTJForCausalLM",
        {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4, "n_positions": 64},
        lm(),
    ),
    (
        "gpt_neo",
        "GPTNeoConfig",
        "GPTNeoForCausalLM",
        {
            "vocab_size": 64,
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 4,
            "max_position_embeddings": 64,
        },
        lm(),
    ),
    ("gpt_neox", "GPTNeoXConfig", "GPTNeoXForCausalLM", dict(**L), lm()),
    (
        "opt",
        "OPTConfig",
        "OPTForCausalLM",
        {
            "vocab_size": 64,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "ffn_dim": 64,
            "max_position_embeddings": 64,
            "word_embed_proj_dim": 32,
        },
        lm(),
    ),
    (
        "mixtral",
        "MixtralConfig",
        "MixtralForCausalLM",
        dict(**L, num_key_value_heads=2, num_local_experts=4, output_router_logits=True),
        lm(),
    ),
    (
        "qwen2_moe",
        "Qwen2MoeConfig",
        "Qwen2MoeForCausalLM",
        dict(**L, num_key_value_heads=2, num_experts=4, moe_intermediate_size=16, shared_expert_intermediate_size=16),
        lm(),
    ),
    ("qwen3", "Qwen3Config", "Qwen3ForCausalLM", dict(**L, num_key_value_heads=2, head_dim=8), lm()),
    (
        "deepseek_v3",
        "DeepseekV3Config",
        "DeepseekV3ForCausalLM",
        dict(
            **L,
            moe_intermediate_size=16,
            n_routed_experts=4,
            num_experts_per_tok=2,
            n_group=2,
            topk_group=1,
            kv_lora_rank=8,
            q_lora_rank=8,
            qk_rope_head_dim=4,
            v_head_dim=8,
            qk_nope_head_dim=4,
            first_k_dense_replace=1,
        ),
        lm(),
    ),
    (
        "jamba",
        "JambaConfig",
        "JambaForCausalLM",
        dict(
            **dict(L.items()),
            num_key_value_heads=2,
            attn_layer_period=2,
            attn_layer_offset=1,
            expert_layer_period=2,
            expert_layer_offset=1,
            num_experts=2,
            use_mamba_kernels=False,
            mamba_d_state=4,
        ),
        lm(),
    ),
    ("modernbert", "ModernBertConfig", "ModernBertForMaskedLM", {**L, "pad_token_id": 0, "local_attention": 4}, lm()),
    (
        "esm",
        "EsmConfig",
        "EsmForMaskedLM",
        {**L, "vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32, "position_embedding_type": "rotary"},
        lambda: {"input_ids": (i := ids(30)), "labels": i},
    ),
]
sel = sys.argv[1:]
for name, C, M, kw, make in R:
    if sel and name not in sel:
        continue
    torch.manual_seed(0)
    try:
        c = getattr(T, C)(**kw)
        m = getattr(T, M)(c)
        m.train(False)
        o = torch.optim.AdamW(m.parameters(), lr=1e-2)
        x = make()
        out = []
        for _ in range(3):
            r = m(**x)
            o.zero_grad()
            r.loss.backward()
            out.append(round(r.loss.item(), 4))
            gn = torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
            out.append(round(float(gn), 3))
            o.step()
        m.train()
        torch.manual_seed(1)
        r = m(**x)
        r.loss.backward()
        out.append(round(r.loss.item(), 3))
        print(
            name,
            sum(p.numel() for p in m.parameters()),
            tuple(r.logits.shape) if "logits" in r else "",
            out,
            flush=True,
        )
    except Exception as e:
        print(name, type(e).__name__, str(e)[:150].replace("\n", " "))
        traceback.print_exc()
