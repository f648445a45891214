import os

os.environ["SCIPY_ARRAY_API"] = "1"
import scipy.cluster.vq
import scipy.fft
import scipy.special
import scipy.stats
import sklearn
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score
from sklearn.metrics.pairwise import cosine_similarity, euclidean_distances
from sklearn.preprocessing import MinMaxScaler, StandardScaler

torch.manual_seed(0)
x = torch.randn(30, 4)
y = (x.sum(1) > 0).long()
with sklearn.config_context(array_api_dispatch=True):
    p = PCA(n_components=2, svd_solver="full").fit(x)
    print(type(p.components_).__name__, p.explained_variance_.tolist())
    lda = LinearDiscriminantAnalysis().fit(x, y)
    print(type(lda.predict(x)).__name__, accuracy_score(y, lda.predict(x)))
    r = Ridge(solver="svd").fit(x, x @ torch.ones(4))
    print(r.coef_.tolist(), r2_score(x @ torch.ones(4), r.predict(x)), mean_squared_error(x[:, 0], x[:, 1]))
    print(MinMaxScaler().fit_transform(x).sum().item(), StandardScaler().fit_transform(x).std().item())
    print(cosine_similarity(x).sum().item(), euclidean_distances(x).sum().item())
print(
    scipy.stats.pearsonr(x[:, 0].double(), x[:, 1].double()).statistic.item(),
    scipy.stats.zscore(x).sum().abs().item() < 1e-3,
)

print(
    scipy.special.logsumexp(x, axis=1).sum().item(),
    scipy.fft.fft(x[:, 0]).abs().sum().item(),
    scipy.special.expit(x).sum().item(),
)

print(scipy.cluster.vq.whiten(x.double()).sum().item(), scipy.stats.skew(x.double(), axis=0).tolist())
