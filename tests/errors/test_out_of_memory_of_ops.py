"""Ops on large tensors, and on views that repeat an element more often than there is memory for copies.

With 60 MB left each call succeeds or says that there is no memory, and the process goes on.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit of the address space is asked of Linux")

INPUTS = """
F, L = torch.nn.functional, torch.linalg
n = 2_000_000
x = torch.ones(n)                                                   # 8 MB
c, b, i = torch.complex(x, x), x > 0, torch.arange(n) % 1000
m = x.view(2000, 1000)
t = torch.zeros(2000, dtype=torch.int64)
p = torch.ones(n, requires_grad=True)
img, of_img = x[:1470000].view(2, 3, 700, 350), p[:1470000].view(2, 3, 700, 350)
heads, of_heads = x.view(2, 1000, 1000), p.view(2, 1000, 1000)
sq = torch.eye(1300) + 0.01
small = torch.eye(3).expand(300000, 3, 3)
one = torch.ones(1)
e = one.expand(1 << 25)                                             # 128 MB as a copy
ei, eb = e[:1].long().expand(1 << 25), (e[:1] > 0).expand(1 << 25)
rows, tall = one.view(1, 1).expand(1 << 12, 1 << 13), one.view(1, 1).expand(1 << 24, 2)
cube, maps = one.view(1, 1, 1).expand(1 << 8, 1 << 8, 1 << 9), one.view(1, 1, 1, 1).expand(1, 4, 1 << 11, 1 << 12)
"""

CALLS = """
e.sum() | e.sum(dtype=torch.float64) | e.mean() | e.prod() | e.var() | e.norm(3) | e.max() | e.argmax() | e.argmin()
e.aminmax() | e.logsumexp(0) | e.all() | ei.sum() | e.nansum() | e.count_nonzero() | e.median() | e.mode()
e.kthvalue(5) | e.quantile(0.5) | e.sort() | e.argsort() | e.topk(3) | e.unique() | e.unique_consecutive()
e.cumsum(0) | e.cumprod(0) | e.cummax(0) | e.logcumsumexp(0) | e.diff() | e.nonzero() | e[eb] | e.masked_select(eb)
x.index_select(0, ei) | x.gather(0, ei) | x.take(ei) | x[ei] | x.clone().index_add_(0, ei, e)
x.clone().index_copy_(0, ei, e) | x.clone().scatter_(0, ei, e) | x.clone().scatter_add_(0, ei, e)
x.clone().scatter_reduce_(0, ei, e, "amax") | x.clone().index_put_((ei,), e, accumulate=True) | e.softmax(0)
e.log_softmax(0) | e.exp() | e.clone() | e.double() | e.flip(0) | torch.cat([e, e]) | e.repeat(2) | e.tolist()
torch.fft.fft(e) | torch.histc(e) | torch.bincount(ei) | torch.bucketize(e, x) | torch.searchsorted(x, e)
torch.isin(e, x[:10]) | e.dot(e) | torch.equal(e, e) | F.mse_loss(e, e) | F.layer_norm(e, e.shape)
torch.bernoulli(e) | rows.sum(0) | rows.sum(1) | rows.var(0) | rows.argmax(0) | rows.argmax(1) | rows.cumsum(0)
rows.cumsum(1) | rows.logsumexp(1) | rows.softmax(1) | rows.median(0) | rows.sort(0) | rows.topk(2, 0)
rows.nonzero() | rows @ rows.t() | rows.trace() | rows.triu() | torch.cov(rows) | torch.cdist(rows, rows)
F.cross_entropy(rows, ei[:4096]) | F.nll_loss(rows, ei[:4096]) | F.normalize(rows) | F.layer_norm(rows, (8192,))
tall.sum(0) | tall.sum(1) | tall.argmax(0) | tall.argmax(1) | tall.t().max(1) | tall.unique(dim=0) | cube.sum(1)
cube.sum((0, 2)) | cube.amax((0, 2)) | cube.permute(2, 0, 1).sum(1) | cube.var((0, 1)) | cube.argmax(1)
torch.meshgrid(x[:1 << 15], x[:1 << 15], indexing="ij")[0].sum() | torch.einsum("abc->b", cube) | cube.cumsum(1)
F.max_pool2d(maps, 2) | F.avg_pool2d(maps, 1 << 11) | F.adaptive_avg_pool2d(maps, 1)
F.batch_norm(maps, None, None, training=True) | F.conv2d(maps, torch.ones(1, 4, 3, 3), stride=1 << 9)
F.group_norm(maps, 2) | F.interpolate(maps, size=(4, 4), mode="bilinear") | F.unfold(maps, 3) | F.pad(maps, (1, 1))
F.one_hot(ei) | F.embedding(ei, m) | torch.multinomial(e[:1 << 23], 3) | x.sort() | x.double().sort() | m.sort(0)
x.topk(n - 1) | x.unique(return_inverse=True, return_counts=True) | m.quantile(0.3, 0) | c.cumsum(0)
m.t().cumsum(1) | x.view(-1, 2).unique(dim=0) | m[t] | m[:, t] | x.index_put((i,), x, accumulate=True)
x.scatter_add(0, i, x) | m.index_reduce(0, t, m, "amax") | x.masked_scatter(b, x) | x.repeat_interleave(i)
x.to(torch.complex128) | torch.fft.fft(x) | torch.fft.fft(x[:1999993]) | torch.fft.rfft(x[:1999993])
torch.fft.irfft(c) | torch.fft.hfft(c) | torch.fft.ifft(c[:1999993]) | torch.fft.fft2(m)
torch.stft(x, 4096, 64, window=torch.ones(4096), return_complex=True) | L.inv(sq) | L.det(sq) | L.solve(sq, sq)
L.cholesky(sq @ sq.t()) | L.qr(sq) | L.svd(sq[:400]) | L.svdvals(sq[:500]) | L.eigh(sq[:600, :600])
L.eig(sq[:300, :300]) | L.lu(sq) | L.ldl_factor(sq) | L.lstsq(sq, sq) | L.matrix_exp(sq) | L.pinv(sq[:300])
L.solve_triangular(sq, sq, upper=True) | L.inv(small) | L.svd(small) | L.eigh(small)
L.det(torch.eye(2).expand(1 << 24, 2, 2)) | m @ m.t() | m.half() @ m.t().half() | m.long() @ m.t().long()
heads @ heads | torch.outer(x, x) | torch.kron(m, m) | F.cross_entropy(m, t) | F.cross_entropy(m, m)
F.ctc_loss(m.view(2000, 4, 250), t[:1].expand(4, 900) + 1, (2000,) * 4, (900,) * 4)
F.conv2d(img, torch.ones(8, 3, 7, 7)) | F.conv_transpose2d(img, torch.ones(3, 8, 4, 4), stride=2) | F.unfold(img, 5)
F.max_pool2d(img, 3, 1) | F.interpolate(img, scale_factor=2, mode="bicubic")
F.grid_sample(img, torch.zeros(2, 700, 350, 2)) | F.scaled_dot_product_attention(heads, heads, heads)
torch.multinomial(m, 500) | torch.randperm(10**7) | torch.randperm(n) | p.exp().sum().backward()
p.sort()[0].sum().backward() | p[i].sum().backward() | p.gather(0, i).sum().backward()
p.unfold(0, 9, 1).sum().backward() | p.view(2000, 1000).softmax(1).sum().backward()
F.layer_norm(p, (n,), p, p).sum().backward() | F.conv2d(of_img, torch.ones(8, 3, 7, 7)).sum().backward()
F.batch_norm(of_img, None, None, training=True).sum().backward() | F.max_pool2d(of_img, 3, 1).sum().backward()
F.cross_entropy(p.view(1, n), t[:1]).backward() | p.cumsum(0).sum().backward()
F.scaled_dot_product_attention(of_heads, heads, heads).sum().backward() | torch.fft.fft(p).abs().sum().backward()
L.svdvals(p[:90000].view(300, 300) + torch.eye(300)).sum().backward()
torch.cdist(p.view(2000, 1000), m).sum().backward()
"""

PROGRAM = """
import os, resource
import ferrotorch as torch
{inputs}

def limited(megabytes):
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (megabytes << 20),) * 2)

def status_of(call):
    # In a process of its own, for what one leaves behind may be what the next one lacks.
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        limited(60)
        eval(call)
        status = 0
    except (MemoryError, RuntimeError) as error:
        status = 0 if isinstance(error, MemoryError) or "memory" in str(error) else 2
        if status: print(call, repr(error), flush=True)
    finally:
        os._exit(status)

for call in {calls!r}:
    status = status_of(call.strip())
    if status: print(call, "ended with", status, flush=True)
"""


def test_ops_on_what_does_not_fit_into_memory():
    calls = [call for line in CALLS.strip().splitlines() for call in line.split(" | ")]
    assert len(calls) > 180
    program = PROGRAM.format(inputs=INPUTS, calls=calls)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=900, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr[-2000:]
