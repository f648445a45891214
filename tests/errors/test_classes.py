"""Calls that PyTorch refuses, with the class of exception that it raises."""

import ferrotorch as torch
import pytest

F = torch.nn.functional
EMPTY, ROW, INTS = torch.empty(0), torch.arange(3.0), torch.arange(3)
TRUTH, NAN = torch.tensor([True, False, True]), float("nan")

REFUSED = {
    RuntimeError: [
        (lambda: F.prelu(INTS, torch.ones(1)), "Type promoting not supported"),
        (
            lambda: F.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 2, 2, 2).double(), align_corners=False),
            "one dtype",
        ),
        (lambda: F.multi_margin_loss(torch.ones(1, 2), torch.tensor([[0]])), "should be 1-D"),
        (lambda: F.ctc_loss(torch.zeros(4, 1, 3), torch.tensor([[1, 2]]), ROW[:1], INTS[2:]), "must be integral"),
        (
            lambda: torch.broadcast_shapes((2,), (4, -3)),
            r"length -3 at -1! .* index 1 had \(4, -3\)",
        ),
        (lambda: torch.broadcast_shapes((3, 1), (3, 4), 5), r"index 2 had \(5,\); .* broadcastable to \[3, 4\]"),
        (
            lambda: torch.broadcast_shapes((2,), 2.0),
            "should be of type ints, .* got 2.0",
        ),
        (lambda: torch.index_select(ROW, 0, TRUTH), "int32 or int64"),
        (lambda: torch.index_copy(ROW, 0, TRUTH, ROW), "Expected a long tensor for index"),
        (lambda: torch.gather(ROW, 0, INTS.to(torch.uint8)), "int32/int64 for index"),
        (lambda: torch.scatter(ROW[:0], 0, INTS, ROW), "out of bounds for dimension 0 with size 0"),
        (lambda: torch.meshgrid(ROW, ROW, indexing="foo"), "indexing must be one of"),
        (lambda: torch.renorm(torch.ones(2, 2), NAN, 0, 1.0), "positive real order"),
        (lambda: torch.cdist(INTS[None], INTS[None]), "floating-point dtypes"),
        (lambda: torch.cdist(torch.tensor(1.0), ROW[None]), "at least 2D"),
        (lambda: F.pdist(torch.ones(2, 2) * 1j), "floating-point dtypes"),
        (lambda: F.pad(ROW, (-5, 7)), r"narrow\(\): length must be non-negative"),
        (lambda: F.conv1d(torch.ones(1, 2, 4), torch.ones(0, 2, 2)), "expected weight to be at least 1"),
        (lambda: F.conv_transpose1d(torch.ones(1, 2, 4), torch.ones(1, 2, 3, 2)), "Expected 1D weight"),
        (lambda: F.conv2d(torch.ones(1, 2, 4), torch.ones(1, 1, 2)), "Expected 2D weight"),
        (lambda: torch.trapezoid(ROW, ROW[:2]), "one `x` value for each sample point"),
        (lambda: torch.cumulative_trapezoid(ROW, ROW[:2]), "one `x` value for each sample point"),
        (lambda: torch.mvlgamma(ROW * 1j, 2), "real dtype"),
        (lambda: EMPTY.max(), r"max\(\): Expected reduction dim to be specified"),
        (lambda: EMPTY.min(), "Expected reduction dim to be specified"),
        (lambda: EMPTY.amax(), "Expected reduction dim to be specified"),
        (lambda: EMPTY.aminmax(), "Expected reduction dim to be specified"),
        (lambda: torch.tensor({}), "infer dtype of dict"),
        (lambda: torch.tensor({"a": 1}), "infer dtype of dict"),
        (lambda: torch.tensor([{}]), "infer dtype of dict"),
        (lambda: torch.as_tensor({}), "infer dtype of dict"),
        (lambda: torch.tensor([1000], dtype=torch.int8), "cannot be converted to type int8"),
        (lambda: torch.tensor(float("inf"), dtype=torch.int64), "cannot be converted to type int64"),
        (lambda: torch.bernoulli(torch.tensor([0.5, 1.5])), r"bernoulli.*\[0, 1\].*1.5"),
        (lambda: torch.bernoulli(torch.tensor([-0.5])), r"\[0, 1\]"),
        (lambda: torch.bernoulli(torch.tensor([NAN], dtype=torch.float16)), r"\[0, 1\]"),
        (lambda: torch.empty(1).bernoulli_(torch.tensor([1.5])), r"\[0, 1\]"),
        (lambda: torch.empty(1).bernoulli_(1.5), r"\[0, 1\]"),
        (lambda: torch.normal(ROW, torch.tensor([1.0, -1.0, 1.0])), "std >= 0.0"),
        (lambda: torch.normal(0.0, torch.tensor([NAN])), "std >= 0.0"),
        (lambda: torch.normal(ROW, -1.0), "std >= 0.0, but found std -1"),
        (lambda: torch.normal(ROW, torch.ones(3, dtype=torch.complex64)), "non-complex"),
        (lambda: torch.lerp(ROW, ROW.double(), 0.5), "`end`"),
        (lambda: torch.lerp(ROW, ROW, ROW.double()), "`weight`"),
        (lambda: torch.lerp(ROW, ROW, 1j), "cannot be converted"),
        (lambda: torch.narrow(ROW, 0, torch.tensor(True), 1), "0-dim integral"),
        (lambda: torch.narrow(ROW, 0, torch.tensor(1.0), 1), "0-dim integral"),
        (lambda: torch.narrow(ROW, 0, torch.tensor([1]), 1), "0-dim integral"),
        (lambda: INTS**-1, "negative integer powers"),
        (lambda: INTS.pow(-2), "negative integer powers"),
        (lambda: torch.add(INTS, 1, alpha=0.5), "floating point number"),
        (lambda: torch.sub(ROW, ROW, alpha=1j), "complex number"),
        (lambda: torch.add(ROW, ROW, alpha=True), "Boolean alpha"),
        (lambda: INTS.to(torch.int8).clamp(300), "outside the representable range of Char"),
        (lambda: torch.heaviside(ROW, ROW.double()), "different dtypes"),
        (lambda: F.dropout(INTS), "can't be cast to int64"),
        (lambda: torch.cross(ROW, INTS), "expected scalar type Float but found Long"),
        (lambda: ROW.norm(1j), "non-complex"),
        (lambda: torch.ones(2, 2).renorm(2, 0, -1.0), "maxnorm"),
        (lambda: torch.isin(TRUTH, TRUTH), "Bool"),
        (lambda: TRUTH.topk(1), "bool"),
        (lambda: torch.nanmean(ROW, dtype=torch.int64), "output dtype"),
        (lambda: ROW.take_along_dim(INTS.int(), 0), "Long"),
        (lambda: ROW.tensor_split(torch.tensor([[1, 2]])), "zero-dimensional or one-dimensional"),
        (lambda: ROW.tensor_split(torch.tensor(1.0)), "dtype of long"),
        (lambda: ROW.repeat_interleave(2, output_size=5), "output_size"),
        (lambda: ROW.index_add(0, INTS[:2], ROW), "Number of indices"),
        (lambda: ROW.index_add(0, INTS.double(), ROW), "int32 or int64"),
        (lambda: ROW.index_reduce(0, INTS[:2], ROW, "prod"), "Number of indices"),
        (lambda: torch.zeros(2, dtype=torch.float32, out=torch.zeros(2, dtype=torch.int64)), "out parameter"),
        (lambda: torch.empty(2, dtype=torch.int64).exponential_(), "continuous"),
        (lambda: torch.where(INTS, ROW, ROW), "boolean"),
        (lambda: ROW.clone().cumsum_(0, dtype=torch.float64), "cumsum_"),
        (lambda: torch.addcmul(ROW, ROW, ROW, value=1j), "cannot be converted"),
        (lambda: torch.addmv(ROW, torch.ones(3, 3), ROW, beta=1j), "cannot be converted"),
        (lambda: INTS.to(torch.int8).clamp_min(300), "outside the representable range of Char"),
        (lambda: torch.float_power(ROW, 2, out=torch.empty(3)), "Double"),
        (lambda: F.kl_div(ROW, INTS), "Integral"),
        (lambda: F.binary_cross_entropy(torch.ones(2), torch.ones(2).double()), "float64"),
        (lambda: F.nll_loss(torch.ones(2, 3), torch.ones(2)), "Long or Byte"),
        (lambda: F.linear(ROW, ROW, torch.ones(1)), "must be a matrix"),
        (lambda: F.rms_norm(ROW, ()), "at least 1-dimensional"),
        (lambda: F.cosine_similarity(ROW * 1j, ROW, 0), "floating point"),
        (lambda: F.adaptive_avg_pool2d(torch.ones(1, 1, 2, 2), (-1, 0)), "greater than or equal to 0"),
        (lambda: F.adaptive_max_pool2d(torch.ones(1, 1, 2, 2), (-1, 0)), "greater than or equal to 0"),
    ],
    NotImplementedError: [
        (lambda: torch.deg2rad(ROW * 1j), "complex"),
        (lambda: (ROW * 1j).nansum(), "complex"),
        (lambda: torch.trapezoid(TRUTH), "bool"),
        (lambda: torch.polar(INTS, INTS), "Double"),
        (lambda: F.prelu(INTS, INTS[:1]), "prelu"),
        (lambda: F.unfold(torch.ones(1, 1, 2, 2, dtype=torch.int64), 2), "unfold"),
        (lambda: F.fold(torch.ones(1, 4, 1, dtype=torch.int64), 2, 2), "fold"),
        (lambda: F.multi_margin_loss(INTS[None], INTS[:1]), "multi_margin_loss"),
        (lambda: F.multilabel_margin_loss(INTS, INTS), "multilabel_margin_loss"),
        (lambda: +TRUTH, "bool tensor is not supported"),
        (lambda: -TRUTH, "bool tensor is not supported"),
        (lambda: TRUTH.kthvalue(1), "kthvalue"),
        (lambda: torch.normal(INTS, ROW), "normal"),
        (lambda: TRUTH - 1, "bool tensor is not supported"),
        (lambda: 1.5 - TRUTH, "bool tensor is not supported"),
        (lambda: ROW - True, "bool tensor is not supported"),
        (lambda: torch.rsub(ROW, False), "bool tensor is not supported"),
        (lambda: ROW - TRUTH, "bool tensor is not supported"),
        (lambda: F.l1_loss(ROW, TRUTH), "bool tensor is not supported"),
        (lambda: TRUTH - TRUTH, "two bool tensors is not supported"),
        (lambda: torch.lerp(INTS, INTS, 0.5), '"lerp" not implemented for .Long.'),
        (lambda: torch.lerp(INTS, INTS, 2), "lerp"),
        (lambda: INTS.lerp_(INTS, 2), "lerp"),
        (lambda: INTS.softmax(0), "softmax"),
        (lambda: (ROW * 1j).softmax(0), "softmax"),
        (lambda: (ROW * 1j).log_softmax(0), "softmax"),
        (lambda: TRUTH.clamp(True), "clamp"),
        (lambda: torch.arange(3, dtype=torch.bool), "Bool"),
        (lambda: torch.linspace(0, 1, 2, dtype=torch.bool), "Bool"),
        (lambda: torch.arange(3, dtype=torch.complex64), "Complex"),
        (lambda: ROW.nansum(dtype=torch.complex64), "nansum"),
        (lambda: torch.tril_indices(2, 2, dtype=torch.float32), "tril_indices"),
        (lambda: torch.histc(INTS), "histogram"),
        (lambda: torch.bincount(ROW), "bincount"),
        (lambda: torch.searchsorted(TRUTH, True), "searchsorted"),
        (lambda: torch.ones(2, 2, dtype=torch.bool).trace(), "trace"),
        (lambda: torch.bernoulli(INTS), "bernoulli"),
        (lambda: torch.empty(1, dtype=torch.complex64).bernoulli_(0.5), "bernoulli"),
        (lambda: INTS.clone().normal_(), "normal_"),
        (lambda: INTS.clone().uniform_(), "uniform_"),
        (lambda: INTS.clone().log_normal_(), "log_normal_"),
        (lambda: (ROW * 1j).random_(), "random_"),
        (lambda: TRUTH.clone().geometric_(0.5), "geometric_"),
        (lambda: torch.ldexp(ROW, TRUTH), "ldexp"),
        (lambda: F.glu(torch.ones(2, 2, dtype=torch.int64)), "glu"),
        (lambda: F.mse_loss(INTS, INTS), "mse_loss"),
        (lambda: F.huber_loss(ROW * 1j, ROW), "huber_loss"),
        (lambda: torch.ones(2) & torch.ones(2), "bitwise_and"),
    ],
    IndexError: [
        (lambda: torch.renorm(torch.ones(2, 2), 2, 100, 1.0), "Dimension out of range"),
        (lambda: torch.empty(0, 3).max(0), "non-zero size"),
        (lambda: torch.empty(0, 3).amax(0), "non-zero size"),
        (lambda: EMPTY.argmax(), "Expected reduction dim"),
        (lambda: ROW[1.0], "valid indices"),
        (lambda: ROW[{}], "valid indices"),
        (lambda: ROW.put(INTS, ROW[:2]), "same number of elements"),
        (lambda: ROW.index_fill(0, INTS.int(), 1), "int64"),
        (lambda: ROW.narrow(0, 4, -1), "start out of range"),
        (lambda: ROW[torch.tensor([3])], "index 3 is out of bounds"),
        (lambda: ROW.take(torch.tensor([3])), "index 3 is out of bounds"),
        (lambda: ROW.put(torch.tensor([3]), torch.ones(1)), "index 3 is out of bounds"),
        (lambda: F.embedding(torch.tensor([-1]), torch.ones(3, 2)), "index -1 is out of bounds"),
    ],
    TypeError: [
        (lambda: F.max_pool2d(torch.ones(1, 1, 4, 4), torch.tensor([1, 2])), "tuple of ints, not Tensor"),
        (lambda: torch.view_as_real(ROW), "only supported for complex"),
        (lambda: ROW.imag, "non-complex dtypes"),
        (lambda: torch.maximum(ROW * 1j, ROW), "not implemented for complex"),
        (lambda: torch.fmin(ROW * 1j, ROW), "not implemented for complex"),
        (lambda: ~ROW, "only implemented on integer and Boolean"),
        (lambda: pow(INTS, 2, 3), "unsupported operand"),
        (lambda: INTS.__delitem__(0), "does not support deleting"),
        (lambda: INTS.clone().__setitem__(0, None), "can't assign a NoneType to a torch.LongTensor"),
        (lambda: INTS.clone().__setitem__(0, {}), "can't assign a dict to a torch.LongTensor"),
        (lambda: torch.trapezoid(ROW, dx=ROW), "must be Number"),
        (lambda: torch.mvlgamma(ROW, 1.5), "must be int"),
        (lambda: torch.remainder(2, 3), "remainder"),
        (lambda: torch.pow(2, 3), "pow"),
        (lambda: torch.bitwise_or(2, 3), "bitwise_or"),
        (lambda: torch.xlogy(2, 3), "xlogy"),
        (lambda: torch.complex(2, ROW), "must be Tensor, not int"),
        (lambda: torch.polar(2, ROW), "must be Tensor, not int"),
        (lambda: torch.randn(), "randn"),
        (lambda: ROW["a"], "valid indices"),
        (lambda: torch.Tensor(1.5), "sequence"),
        (lambda: torch.FloatTensor(True), "sequence"),
        (lambda: torch.movedim(torch.ones(2, 3), 0, (1,)), "movedim"),
        (lambda: torch.relu(ROW, out=torch.empty(3)), "out"),
        (lambda: torch.isnan(ROW, out=torch.empty(3, dtype=torch.bool)), "out"),
        (lambda: torch.eq(2, ROW), "must be Tensor"),
        (lambda: torch.unbind_copy(ROW, out=torch.empty(3)), "tuple of Tensors"),
        (lambda: torch.cat([ROW, ROW], out=torch.empty(0, dtype=torch.int64)), "can't be cast"),
        (lambda: torch.tensor([1j], dtype=torch.float32), "must be real number"),
    ],
}


@pytest.mark.parametrize(
    ("error", "call", "message"), [(error, *case) for error, cases in REFUSED.items() for case in cases]
)
def test_refused(error, call, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error


def test_accepted():
    assert torch.remainder(5, torch.tensor(3)) == 2
    assert torch.pow(2, torch.tensor(3)) == 8
    assert torch.narrow(ROW, 0, torch.tensor(-1), 1).tolist() == [2]
    assert F.adaptive_avg_pool2d(torch.ones(1, 1, 2, 3), (None, 1)).shape == (1, 1, 2, 1)
    assert torch.lerp(ROW, ROW + 1, torch.tensor(0.5, dtype=torch.float64)).dtype is torch.float32
    assert torch.normal(0.0, torch.ones(2)).shape == (2,)
    assert torch.bernoulli(torch.tensor([0.0, 1.0])).tolist() == [0, 1]
    assert F.batch_norm(EMPTY, EMPTY, EMPTY).shape == (0,)
    smallest = torch.tensor([5e-324, -1e-310, 0.0], dtype=torch.float64)
    assert torch.equal(torch.expm1(smallest), smallest)
    assert torch.expm1(torch.tensor([1e-45])).item() == torch.tensor([1e-45]).item()


def test_a_shape_of_negative_length_broadcasts_to_nothing():
    for shapes in [((2, -1),), (-1,), ((2, 1), (2, -1))]:
        with pytest.raises(ValueError, match="a dimension with negative length"):
            torch.broadcast_shapes(*shapes)
    assert torch.broadcast_shapes((2, 1, 4), [3, 1], 4, ()) == (2, 3, 4)
    assert torch.broadcast_shapes((2, 0), (1,)) == (2, 0) and torch.broadcast_shapes() == ()
