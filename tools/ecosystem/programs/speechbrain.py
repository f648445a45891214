# ruff: noqa: E741
import speechbrain as sb
import torch
from speechbrain.lobes.features import MFCC, Fbank
from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
from speechbrain.lobes.models.transformer.Conformer import ConformerEncoder
from speechbrain.lobes.models.transformer.Transformer import TransformerEncoder
from speechbrain.nnet.activations import Softmax
from speechbrain.nnet.attention import RelPosEncXL
from speechbrain.nnet.linear import Linear
from speechbrain.nnet.losses import ctc_loss
from speechbrain.nnet.RNN import GRU, LSTM, LiGRU
from speechbrain.processing.features import InputNormalization

torch.manual_seed(0)
w = torch.randn(2, 8000)
lens = torch.tensor([1.0, 0.7])
f = Fbank(n_mels=20)(w)
f = InputNormalization()(f, lens)
print(f.shape, f.mean().item(), f.std().item())
print(MFCC()(w).abs().mean().item())
m = torch.nn.ModuleList(
    [
        GRU(input_shape=(2, f.shape[1], 20), hidden_size=16, bidirectional=True),
        Linear(n_neurons=6, input_size=32),
        Softmax(apply_log=True),
    ]
)
o = torch.optim.Adam(m.parameters(), 0.01)
t = torch.randint(1, 6, (2, 5))
for _ in range(3):
    h, _ = m[0](f)
    p = m[2](m[1](h))
    l = ctc_loss(p, t, lens, torch.tensor([1.0, 0.6]), 0)
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
e = ECAPA_TDNN(20, channels=[16] * 4 + [48], lin_neurons=12, attention_channels=8, res2net_scale=4)
e.eval()
print(e(f, lens).abs().sum().item())
T = TransformerEncoder(2, 4, 32, d_model=20).eval()
print(T(f)[0].abs().mean().item())
C = ConformerEncoder(1, 20, 32, 4).eval()
pe = RelPosEncXL(20)
print(C(f, pos_embs=pe(f))[0].abs().mean().item())
print(LiGRU(hidden_size=8, input_shape=f.shape)(f)[0].shape, LSTM(hidden_size=8, input_size=20)(f)[0].shape)


class B(sb.Brain):
    def compute_forward(s, b, stage):
        return s.modules.m(b[0])

    def compute_objectives(s, p, b, stage):
        return torch.nn.functional.mse_loss(p, b[1])

    def on_stage_end(s, stage, loss, epoch=None):
        print(stage.name, round(float(loss), 4))


b = B({"m": torch.nn.Linear(4, 1)}, lambda p: torch.optim.SGD(p, 0.1), {"device": "cpu"}, {})
data = [(torch.randn(4, 4), torch.randn(4, 1)) for _ in range(3)]
b.fit(range(2), data, data, progressbar=False)
