# Made by `make stubs` from the declarations of the operators.

import builtins
from collections.abc import Callable, Iterator, Sequence
from inspect import Signature
from typing import Any, Self, SupportsIndex, TypeAlias, final, overload

from numpy.typing import NDArray

from ferrotorch import return_types
from ferrotorch._size import Size

# Names that methods and attributes of `Tensor`, or dtypes, take away from what they usually mean.
_bool = builtins.bool
_int = builtins.int
_float = builtins.float
_type = builtins.type

@final
class dtype:
    @property
    def is_floating_point(self) -> _bool: ...
    @property
    def is_complex(self) -> _bool: ...
    @property
    def is_signed(self) -> _bool: ...
    @property
    def itemsize(self) -> _int: ...
    def to_real(self) -> dtype: ...
    def to_complex(self) -> dtype: ...
    def __reduce__(self) -> str: ...

@final
class device:
    def __new__(cls, type: _DeviceLike, index: _int | None = None) -> Self: ...
    @property
    def type(self) -> str: ...
    @property
    def index(self) -> _int | None: ...
    def __eq__(self, other: object, /) -> _bool: ...
    def __ne__(self, other: object, /) -> _bool: ...
    def __hash__(self) -> _int: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class layout:
    def __reduce__(self) -> str: ...

@final
class memory_format:
    def __reduce__(self) -> str: ...

_dtype = dtype
_device = device
_layout = layout

_Number: TypeAlias = builtins.int | builtins.float | builtins.complex
_DeviceLike: TypeAlias = device | str | builtins.int
_DtypeLike: TypeAlias = dtype | type[builtins.float] | type[builtins.complex]

class Generator:
    def __new__(cls, device: _DeviceLike | None = None) -> Self: ...
    @property
    def device(self) -> _device: ...
    def manual_seed(self, seed: _int) -> Self: ...
    def seed(self) -> _int: ...
    def initial_seed(self) -> _int: ...
    def get_state(self) -> Tensor: ...
    def set_state(self, new_state: Tensor) -> Self: ...
    def get_offset(self) -> _int: ...
    def set_offset(self, offset: _int) -> None: ...
    def clone_state(self) -> Generator: ...
    def graphsafe_get_state(self) -> Generator: ...
    def graphsafe_set_state(self, state: Generator) -> Self: ...

@final
class _RandomStates:
    def __new__(cls) -> Self: ...
    def restore(self) -> None: ...

@final
class UntypedStorage:
    def __new__(cls, size: _int | Sequence[_int] | None = None, *, device: _device | None = None) -> Self: ...
    @staticmethod
    def from_buffer(buffer: Any) -> UntypedStorage: ...
    @property
    def device(self) -> _device: ...
    def nbytes(self) -> _int: ...
    def size(self) -> _int: ...
    def data_ptr(self) -> _int: ...
    def clone(self) -> UntypedStorage: ...
    def tobytes(self) -> bytes: ...
    def _bytes(self, start: _int, end: _int) -> bytes: ...
    def _set_bytes(self, buffer: Any) -> None: ...
    def __len__(self) -> _int: ...
    def __eq__(self, other: object, /) -> _bool: ...
    def __ne__(self, other: object, /) -> _bool: ...
    def __hash__(self) -> _int: ...
    # From here on: methods in Python, `ferrotorch/storage.py`.
    @staticmethod
    def from_file(filename: Any, shared: _bool = False, nbytes: _int = 0) -> UntypedStorage: ...
    def __getitem__(self, index: Any) -> Any: ...
    def __setitem__(self, index: Any, value: _int) -> None: ...
    def __iter__(self) -> Iterator[_int]: ...
    def tolist(self) -> list[_int]: ...
    def untyped(self) -> UntypedStorage: ...
    def fill_(self, value: _int) -> UntypedStorage: ...
    def copy_(self, source: UntypedStorage, non_blocking: _bool = False) -> UntypedStorage: ...
    def cpu(self) -> UntypedStorage: ...
    def resize_(self, size: _int) -> UntypedStorage: ...
    def byteswap(self, dtype: _dtype) -> None: ...
    def __copy__(self) -> UntypedStorage: ...
    def __deepcopy__(self, memo: dict[_int, Any]) -> UntypedStorage: ...
    def element_size(self) -> _int: ...
    def is_shared(self) -> _bool: ...
    def is_pinned(self, device: Any = None) -> _bool: ...
    @property
    def is_cuda(self) -> _bool: ...
    def type(self) -> str: ...

@final
class SavedTensor:
    def register_hooks(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None: ...
    def unpack(self) -> Tensor | None: ...

@final
class _SavedByFunction:
    def unpack(self) -> tuple[Tensor | None, ...]: ...
    def raw(self) -> tuple[SavedTensor, ...]: ...

class Node:
    def __new__(cls, node: Node) -> Self: ...
    def __getattr__(self, name: str) -> Any: ...
    def __call__(self, *gradients: Tensor | None) -> Any: ...
    def name(self) -> str: ...
    @property
    def next_functions(self) -> tuple[tuple[Node | None, _int], ...]: ...
    @property
    def variable(self) -> Tensor: ...
    @property
    def metadata(self) -> dict[Any, Any]: ...
    def register_hook(self, fn: Callable[..., Any]) -> _RemovableHandle: ...
    def register_prehook(self, fn: Callable[..., Any]) -> _RemovableHandle: ...
    def __eq__(self, other: object, /) -> _bool: ...
    def __ne__(self, other: object, /) -> _bool: ...
    def __hash__(self) -> _int: ...

class _RemovableHandle:
    def remove(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

@final
class Op:
    @property
    def __name__(self) -> str: ...
    @property
    def __qualname__(self) -> str: ...
    @property
    def __signature__(self) -> Signature: ...
    @property
    def _declarations(self) -> str: ...
    @property
    def _batching(self) -> str: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> Any: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class _Overridable:
    @property
    def __wrapped__(self) -> Callable[..., Any]: ...
    @property
    def _modes_only(self) -> _bool: ...
    def __getattr__(self, name: str) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> Any: ...

@final
class _Lent:
    def __call__(self, *args: Any, **kwargs: Any) -> None: ...

@final
class _LaunchRecord:
    def __new__(cls, record_shapes: _bool = False) -> Self: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def drain(self) -> list[tuple[str, _int, _int, _int, _int, list[list[_int]]]]: ...

class _OverrideSwitch:
    def __enter__(self) -> None: ...
    def __exit__(self, *exception: object) -> None: ...

@final
class DisableTorchFunction(_OverrideSwitch):
    def __new__(cls) -> Self: ...

@final
class DisableTorchFunctionSubclass(_OverrideSwitch):
    def __new__(cls) -> Self: ...

@final
class _EnableTorchFunction:
    def __new__(cls) -> Self: ...

@final
class _DisableTorchDispatch:
    def __new__(cls) -> Self: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_exception: object) -> None: ...

class OutOfMemoryError(RuntimeError): ...
class _BatchingError(RuntimeError): ...
class _LinAlgError(RuntimeError): ...

class Tensor:
    def __new__(cls, *args: Any, device: _DeviceLike | None = ...) -> Self: ...
    def __init__(self, *args: Any, device: _DeviceLike | None = ...) -> None: ...
    @staticmethod
    def _make_subclass(cls: _type, data: Tensor, require_grad: _bool = False, **_asks: object) -> Any: ...
    def as_subclass(self, cls: _type) -> Any: ...
    __torch_dispatch__: Any
    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any: ...
    __array_priority__: _int
    @property
    def shape(self) -> Size: ...
    @property
    def ndim(self) -> _int: ...
    @property
    def dtype(self) -> _dtype: ...
    @property
    def device(self) -> _device: ...
    @property
    def layout(self) -> _layout: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def nbytes(self) -> _int: ...
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def mH(self) -> Tensor: ...
    real: Tensor
    imag: Tensor
    data: Tensor
    grad: Tensor | None
    requires_grad: _bool
    @property
    def grad_fn(self) -> Node | None: ...
    @property
    def is_leaf(self) -> _bool: ...
    @property
    def output_nr(self) -> _int: ...
    @property
    def retains_grad(self) -> _bool: ...
    @property
    def _version(self) -> _int: ...
    @property
    def _base(self) -> Tensor | None: ...
    def _is_view(self) -> _bool: ...
    def is_inference(self) -> _bool: ...
    def _outlive(self) -> None: ...
    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: _int) -> _int: ...
    @overload
    def stride(self, dim: None = None) -> tuple[_int, ...]: ...
    @overload
    def stride(self, dim: _int) -> _int: ...
    def storage_offset(self) -> _int: ...
    def dim(self) -> _int: ...
    def ndimension(self) -> _int: ...
    def numel(self) -> _int: ...
    def nelement(self) -> _int: ...
    def element_size(self) -> _int: ...
    def data_ptr(self) -> _int: ...
    def is_contiguous(self, memory_format: memory_format | None = None) -> _bool: ...
    def is_conj(self) -> _bool: ...
    def is_neg(self) -> _bool: ...
    def untyped_storage(self) -> UntypedStorage: ...
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    def backward(
        self, gradient: Any = None, retain_graph: _bool | None = None, create_graph: _bool = False, inputs: Any = None
    ) -> None: ...
    def detach(self) -> Tensor: ...
    def detach_(self) -> Self: ...
    def cpu(self) -> Tensor: ...
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> _RemovableHandle: ...
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> _RemovableHandle: ...
    def retain_grad(self) -> None: ...
    def item(self) -> Any: ...
    def tolist(self) -> Any: ...
    def numpy(self, *, force: _bool = False) -> NDArray[Any]: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> NDArray[Any]: ...
    def __getitem__(self, index: Any, /) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any, /) -> None: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, element: object, /) -> _bool: ...
    def __bool__(self) -> _bool: ...
    def __int__(self) -> _int: ...
    def __float__(self) -> _float: ...
    def __complex__(self) -> builtins.complex: ...
    def __index__(self) -> _int: ...
    def __hash__(self) -> _int: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Self: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __pow__(self, other: Any, _modulo: None = None, /) -> Tensor: ...
    def __rpow__(self, other: Any, _modulo: None = None, /) -> Tensor: ...
    def __ipow__(self, other: Any, _modulo: None = None, /) -> Self: ...
    def __matmul__(self, other: Tensor, /) -> Tensor: ...
    def __rmatmul__(self, other: Tensor, /) -> Tensor: ...
    def __lt__(self, other: Any, /) -> Tensor: ...
    def __le__(self, other: Any, /) -> Tensor: ...
    def __gt__(self, other: Any, /) -> Tensor: ...
    def __ge__(self, other: Any, /) -> Tensor: ...
    # Comparison is element-wise, which `object` does not foresee.
    def __eq__(self, other: object, /) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: object, /) -> Tensor: ...  # type: ignore[override]
    def __add__(self, other: Any, /) -> Tensor: ...
    def __radd__(self, other: Any, /) -> Tensor: ...
    def __iadd__(self, other: Any, /) -> Self: ...
    def __sub__(self, other: Any, /) -> Tensor: ...
    def __rsub__(self, other: Any, /) -> Tensor: ...
    def __isub__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Tensor: ...
    def __rmul__(self, other: Any, /) -> Tensor: ...
    def __imul__(self, other: Any, /) -> Self: ...
    def __truediv__(self, other: Any, /) -> Tensor: ...
    def __rtruediv__(self, other: Any, /) -> Tensor: ...
    def __itruediv__(self, other: Any, /) -> Self: ...
    def __floordiv__(self, other: Any, /) -> Tensor: ...
    def __rfloordiv__(self, other: Any, /) -> Tensor: ...
    def __ifloordiv__(self, other: Any, /) -> Self: ...
    def __mod__(self, other: Any, /) -> Tensor: ...
    def __rmod__(self, other: Any, /) -> Tensor: ...
    def __imod__(self, other: Any, /) -> Self: ...
    def __and__(self, other: Any, /) -> Tensor: ...
    def __rand__(self, other: Any, /) -> Tensor: ...
    def __iand__(self, other: Any, /) -> Self: ...
    def __or__(self, other: Any, /) -> Tensor: ...
    def __ror__(self, other: Any, /) -> Tensor: ...
    def __ior__(self, other: Any, /) -> Self: ...
    def __xor__(self, other: Any, /) -> Tensor: ...
    def __rxor__(self, other: Any, /) -> Tensor: ...
    def __ixor__(self, other: Any, /) -> Self: ...
    def __lshift__(self, other: Any, /) -> Tensor: ...
    def __rlshift__(self, other: Any, /) -> Tensor: ...
    def __ilshift__(self, other: Any, /) -> Self: ...
    def __rshift__(self, other: Any, /) -> Tensor: ...
    def __rrshift__(self, other: Any, /) -> Tensor: ...
    def __irshift__(self, other: Any, /) -> Self: ...
    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: _bool = False) -> Tensor:
        """What NumPy makes of a tensor among a function's arguments becomes a tensor again; truth values are uint8."""
    def __copy__(self) -> Tensor:
        """Another tensor over the same memory, with the same attributes but no gradient."""
    def __deepcopy__(self, memo: dict[_int, Any]) -> Tensor: ...
    def __dlpack__(
        self,
        *,
        stream: Any = -1,
        max_version: tuple[_int, _int] | None = None,
        dl_device: tuple[Any, _int] | None = None,
        copy: _bool | None = None,
    ) -> Any:
        """A capsule that shares the tensor's memory, for ``from_dlpack`` of any library."""
    def __dlpack_device__(self) -> tuple[_int, _int]:
        """Kind and number of the device, as DLPack numbers them."""
    def __format__(self, spec: str) -> str: ...
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any: ...
    def __reversed__(self) -> Tensor:
        """The entries of the first dimension in reverse order."""
    def _coalesced_(self, *args: Any, **kwargs: Any) -> Self:
        """See ``ferrotorch.sparse._members._coalesced_``."""
    def _dimI(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members._dimI``."""
    def _dimV(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members._dimV``."""
    def _indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members._indices``."""
    def _nnz(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members._nnz``."""
    def _repr_html_(self) -> Self: ...
    def _values(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members._values``."""
    def angle(self, *, out: Tensor | None = None) -> Tensor:
        """The argument of complex numbers; 0 or pi for real ones."""
    def apply_(self, callable: Any) -> Self:
        """Replace each element by ``callable(element)``; refused where gradients are asked for."""
    def ccol_indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.ccol_indices``."""
    def cholesky(self, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """:func:`ferrotorch.linalg.cholesky`."""
    def coalesce(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._conversion.coalesce``."""
    def col_indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.col_indices``."""
    def corrcoef(self) -> Tensor:
        """Correlation of variables in rows."""
    def cov(self, *, correction: _int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
        """Covariance of variables in rows."""
    def crow_indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.crow_indices``."""
    def cuda(self, device: Any = None, non_blocking: _bool = False, memory_format: Any = None) -> Tensor:
        """The tensor on device ``"cuda"``, which is another name of the GPU or raises what to use instead."""
    def deg2rad(self, *, out: Tensor | None = None) -> Tensor:
        """Degrees as radians."""
    def deg2rad_(self, *, out: Tensor | None = None) -> Self:
        """``deg2rad`` in place."""
    def dense_dim(self) -> _int:
        """Number of dense dimensions: all."""
    def dequantize(self) -> Any:
        """The numbers, in float32, that a quantized tensor stands for; of a list a tuple of them."""
    def diff(
        self,
        n: _int = 1,
        dim: _int = -1,
        prepend: Tensor | None = None,
        append: Tensor | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """Differences of neighbours along a dimension, ``n`` times."""
    def dim_order(self, *, ambiguity_check: _bool | list[Any] = False) -> tuple[_int, ...]:
        """The dimensions from the outermost in memory to the innermost."""
    def dist(self, other: Tensor, p: _float = 2) -> Tensor:
        """The p-norm of the difference."""
    def fill_diagonal_(self, fill_value: Any, wrap: _bool = False) -> Self:
        """Set the main diagonal to a number: the elements whose indices are all the same."""
    def float_power(self, exponent: Any, *, out: Tensor | None = None) -> Tensor:
        """``input ** exponent`` in float64, or complex128."""
    def float_power_(self, exponent: Any, *, out: Tensor | None = None) -> Self:
        """``float_power`` in place."""
    def frexp(self, *, out: Any = None) -> Any:
        """Mantissa, of ``[0.5, 1)`` and with the sign, and exponent: ``input == mantissa * 2**exponent``."""
    def get_device(self) -> _int:
        """Number of the device; -1 for the host."""
    def hardshrink(self, lambd: _float = 0.5) -> Tensor:
        """Zero between ``-lambd`` and ``lambd``, elements themselves elsewhere."""
    def hash_tensor(
        self, dim: Any = None, *, keepdim: _bool = False, mode: _int = 0, out: Tensor | None = None
    ) -> Tensor:
        """The exclusive or of the bits of all elements, each as a float64 or int64."""
    def histogram(
        self,
        bins: _int | Tensor = 100,
        *,
        range: Sequence[_float] | None = None,
        weight: Tensor | None = None,
        density: _bool = False,
        out: Any = None,
    ) -> Any:
        """Histogram of all values."""
    def indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.indices``."""
    def inner(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Sums of products over the last dimension."""
    def int_repr(self) -> Any:
        """See ``int_repr`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not quantized."""
    def is_coalesced(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.is_coalesced``."""
    def is_complex(self) -> _bool:
        """Is the dtype complex?"""
    @property
    def is_cpu(self) -> _bool: ...
    @property
    def is_cuda(self) -> _bool: ...
    def is_floating_point(self) -> _bool:
        """Is the dtype float16, bfloat16, float32 or float64?"""
    @property
    def is_meta(self) -> _bool: ...
    @property
    def is_mkldnn(self) -> _bool: ...
    @property
    def is_mps(self) -> _bool: ...
    @property
    def is_mtia(self) -> _bool: ...
    @property
    def is_nested(self) -> _bool: ...
    def is_nonzero(self) -> _bool:
        """Is the single element not zero?"""
    def is_pinned(self) -> _bool:
        """False: there are no such tensors here."""
    @property
    def is_quantized(self) -> _bool: ...
    def is_same_size(self, other: Tensor) -> _bool:
        """Are the shapes the same?"""
    def is_set_to(self, tensor: Tensor) -> _bool:
        """Do both show the same elements of the same memory?"""
    def is_shared(self) -> _bool:
        """Is the memory one that other processes see, as that of a GPU counts?"""
    def is_signed(self) -> _bool:
        """Can the dtype hold negative numbers?"""
    @property
    def is_sparse(self) -> _bool: ...
    @property
    def is_sparse_csr(self) -> _bool: ...
    @property
    def is_xpu(self) -> _bool: ...
    def isreal(self) -> Tensor:
        """Is the imaginary part zero?"""
    def istft(
        self,
        n_fft: _int,
        hop_length: _int | None = None,
        win_length: _int | None = None,
        window: Tensor | None = None,
        center: _bool = True,
        normalized: _bool = False,
        onesided: _bool | None = None,
        length: _int | None = None,
        return_complex: _bool = False,
    ) -> Tensor:
        """The inverse of :func:`stft`: of all signals that with the least squared difference of spectrograms."""
    def kron(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Kronecker product."""
    def ldexp(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """``input * 2**other``, in the dtype of a float ``input`` where ``other`` holds integers."""
    def ldexp_(self, other: Tensor, *, out: Tensor | None = None) -> Self:
        """``ldexp`` in place."""
    def lu(self, pivot: _bool = True, get_infos: _bool = False, out: Any = None) -> Any:
        """LU factors in one matrix, with the pivots: :func:`ferrotorch.linalg.lu_factor_ex`."""
    def lu_solve(self, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Solve ``A @ X = input`` by the LU factors of ``A``: :func:`ferrotorch.linalg.lu_solve`."""
    def map2_(self, x: Tensor, y: Tensor, callable: Any) -> Self:
        """Replace each element by ``callable(element, of_x, of_y)``; refused where gradients are asked for."""
    def map_(self, tensor: Tensor, callable: Any) -> Self:
        """Replace each element by ``callable(element, other)``; refused where gradients are asked for."""
    def matrix_power(self, n: _int, *, out: Tensor | None = None) -> Tensor:
        """:func:`ferrotorch.linalg.matrix_power`."""
    def module_load(self, other: Tensor, assign: _bool = False) -> Tensor:
        """What a module takes for this tensor of its own when ``other`` is loaded and tensors are swapped."""
    def mvlgamma(self, p: _int, *, out: Tensor | None = None) -> Tensor:
        """Logarithm of the multivariate gamma function of dimension ``p``."""
    def mvlgamma_(self, p: _int, *, out: Tensor | None = None) -> Self:
        """``mvlgamma`` in place."""
    @property
    def name(self) -> None: ...
    @property
    def names(self) -> tuple[None, ...]: ...
    def narrow_copy(self, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The result of ``narrow`` as a copy instead of a view."""
    def new(self, *args: Any, **kwargs: Any) -> Tensor:
        """What the legacy constructor of this tensor's dtype and device makes of sizes, data or a tensor."""
    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: _bool = False) -> Tensor:
        """A tensor of data with this tensor's dtype and device."""
    def norm(
        self, p: Any = "fro", dim: Any = None, keepdim: _bool = False, out: Tensor | None = None, dtype: Any = None
    ) -> Tensor:
        """Vector norm over all elements or over dimensions; ``p="fro"`` is the 2-norm, ``p="nuc"`` that of matrices."""
    def pin_memory(self) -> Tensor:
        """The tensor itself."""
    def pinverse(self, rcond: _float = 1e-15) -> Tensor:
        """:func:`ferrotorch.linalg.pinv` with a relative tolerance."""
    def positive(self) -> Tensor:
        """The tensor itself; not for bool."""
    def q_per_channel_axis(self) -> Any:
        """See ``q_per_channel_axis`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not
        quantized."""
    def q_per_channel_scales(self) -> Any:
        """See ``q_per_channel_scales`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not
        quantized."""
    def q_per_channel_zero_points(self) -> Any:
        """See ``q_per_channel_zero_points`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not
        quantized."""
    def q_scale(self) -> Any:
        """See ``q_scale`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not quantized."""
    def q_zero_point(self) -> Any:
        """See ``q_zero_point`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not quantized."""
    def qr(self, some: _bool = True, *, out: Any = None) -> Any:
        """:func:`ferrotorch.linalg.qr`: the reduced decomposition, or with ``some`` false the complete one."""
    def qscheme(self) -> Any:
        """See ``qscheme`` in `ferrotorch._quantized`; NotImplementedError of a tensor that is not quantized."""
    def rad2deg(self, *, out: Tensor | None = None) -> Tensor:
        """Radians as degrees."""
    def rad2deg_(self, *, out: Tensor | None = None) -> Self:
        """``rad2deg`` in place."""
    def record_stream(self, stream: Any) -> None:
        """Accepted: a device has one queue, in whose order memory is given out again."""
    def renorm(self, p: _float, dim: _int, maxnorm: _float, *, out: Tensor | None = None) -> Tensor:
        """Scale slices whose p-norm exceeds ``maxnorm`` down to it."""
    def renorm_(self, p: _float, dim: _int, maxnorm: _float, *, out: Tensor | None = None) -> Self:
        """``renorm`` in place."""
    def resize_as_sparse_(self, *args: Any, **kwargs: Any) -> Self:
        """See ``ferrotorch.sparse._views.resize_as_sparse_``."""
    def row_indices(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.row_indices``."""
    def share_memory_(self) -> Self:
        """Move the tensor to memory that other processes see when it is sent to them. Nothing happens on a GPU."""
    def smm(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._products.smm``."""
    def sparse_dim(self) -> _int:
        """Number of sparse dimensions: 0."""
    def sparse_mask(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._products.sparse_mask``."""
    def sparse_resize_(self, *args: Any, **kwargs: Any) -> Self:
        """See ``ferrotorch.sparse._views.sparse_resize_``."""
    def sparse_resize_and_clear_(self, *args: Any, **kwargs: Any) -> Self:
        """See ``ferrotorch.sparse._views.sparse_resize_and_clear_``."""
    def sspaddmm(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._products.sspaddmm``."""
    def stft(
        self,
        n_fft: _int,
        hop_length: _int | None = None,
        win_length: _int | None = None,
        window: Tensor | None = None,
        center: _bool = True,
        pad_mode: str = "reflect",
        normalized: _bool = False,
        onesided: _bool | None = None,
        return_complex: _bool | None = None,
        align_to_window: _bool | None = None,
    ) -> Tensor:
        """Fourier transforms of frames of a signal."""
    def storage(self) -> Any:
        """The memory as a typed storage, a class that PyTorch deprecates."""
    def storage_type(self) -> Any:
        """The class of the typed storage, such as ``torch.FloatStorage``."""
    def svd(self, some: _bool = True, compute_uv: _bool = True, *, out: Any = None) -> Any:
        """Singular value decomposition ``(U, S, V)``; :func:`ferrotorch.linalg.svd` gives the adjoint of ``V``."""
    def to_dense(self, dtype: Any = None, *, masked_grad: _bool | None = None) -> Tensor:
        """The tensor itself, which is dense already, or its values in another ``dtype``."""
    def to_sparse(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._conversion.to_sparse``."""
    def to_sparse_bsc(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._construction.to_sparse_bsc``."""
    def to_sparse_bsr(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._construction.to_sparse_bsr``."""
    def to_sparse_coo(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._conversion.to_sparse_coo``."""
    def to_sparse_csc(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._construction.to_sparse_csc``."""
    def to_sparse_csr(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._construction.to_sparse_csr``."""
    def triangular_solve(
        self, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False, *, out: Any = None
    ) -> Any:
        """Solve ``A @ X = input`` for triangular ``A``: :func:`ferrotorch.linalg.solve_triangular`."""
    def type(self, dtype: Any = None, non_blocking: _bool = False, **kwargs: Any) -> Any:
        """The legacy type name, or the tensor converted to a dtype or legacy type."""
    def values(self, *args: Any, **kwargs: Any) -> Any:
        """See ``ferrotorch.sparse._members.values``."""
    def _neg_view(self) -> Tensor:
        """The negative, as a view."""
    def abs(self, *, out: Tensor | None = None) -> Tensor:
        """`|input|`; real for complex input."""
    def abs_(self) -> Self:
        """`|input|`; real for complex input. In place: `input` keeps its shape and dtype."""
    def absolute(self, *, out: Tensor | None = None) -> Tensor:
        """`|input|`; real for complex input."""
    def absolute_(self) -> Self:
        """`|input|`; real for complex input. In place: `input` keeps its shape and dtype."""
    def acos(self, *, out: Tensor | None = None) -> Tensor:
        """`arccos(input)`."""
    def acos_(self) -> Self:
        """`arccos(input)`. In place: `input` keeps its shape and dtype."""
    def acosh(self, *, out: Tensor | None = None) -> Tensor:
        """`arcosh(input)`."""
    def acosh_(self) -> Self:
        """`arcosh(input)`. In place: `input` keeps its shape and dtype."""
    @overload
    def add(self, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + alpha * other`."""
    @overload
    def add(self, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def add(self, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def add_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Self:
        """`input + alpha * other`."""
    @overload
    def add_(self, other: _Number, alpha: _Number) -> Self: ...
    @overload
    def add_(self, alpha: _Number, other: Tensor) -> Self: ...
    @overload
    def addbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * sum(batch1 @ batch2)`."""
    @overload
    def addbmm(self, beta: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addbmm(
        self, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Self:
        """`beta * input + alpha * sum(batch1 @ batch2)`."""
    @overload
    def addbmm_(self, beta: _Number, batch1: Tensor, batch2: Tensor) -> Self: ...
    @overload
    def addbmm_(self, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor) -> Self: ...
    @overload
    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + value * tensor1 / tensor2`."""
    @overload
    def addcdiv(self, value: _Number, tensor1: Tensor, tensor2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Self:
        """`input + value * tensor1 / tensor2`."""
    @overload
    def addcdiv_(self, value: _Number, tensor1: Tensor, tensor2: Tensor) -> Self: ...
    @overload
    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + value * tensor1 * tensor2`."""
    @overload
    def addcmul(self, value: _Number, tensor1: Tensor, tensor2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Self:
        """`input + value * tensor1 * tensor2`."""
    @overload
    def addcmul_(self, value: _Number, tensor1: Tensor, tensor2: Tensor) -> Self: ...
    @overload
    def addmm(
        self, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * mat1 @ mat2`."""
    @overload
    def addmm(self, beta: _Number, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addmm(
        self, beta: _Number, alpha: _Number, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Self:
        """`beta * input + alpha * mat1 @ mat2`."""
    @overload
    def addmm_(self, beta: _Number, mat1: Tensor, mat2: Tensor) -> Self: ...
    @overload
    def addmm_(self, beta: _Number, alpha: _Number, mat1: Tensor, mat2: Tensor) -> Self: ...
    @overload
    def addmv(
        self, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * mat @ vec`."""
    @overload
    def addmv(self, beta: _Number, mat: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addmv(
        self, beta: _Number, alpha: _Number, mat: Tensor, vec: Tensor, *, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Self:
        """`beta * input + alpha * mat @ vec`."""
    @overload
    def addmv_(self, beta: _Number, mat: Tensor, vec: Tensor) -> Self: ...
    @overload
    def addmv_(self, beta: _Number, alpha: _Number, mat: Tensor, vec: Tensor) -> Self: ...
    @overload
    def addr(
        self, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * outer(vec1, vec2)`."""
    @overload
    def addr(self, beta: _Number, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def addr(
        self, beta: _Number, alpha: _Number, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Self:
        """`beta * input + alpha * outer(vec1, vec2)`."""
    @overload
    def addr_(self, beta: _Number, vec1: Tensor, vec2: Tensor) -> Self: ...
    @overload
    def addr_(self, beta: _Number, alpha: _Number, vec1: Tensor, vec2: Tensor) -> Self: ...
    def adjoint(self) -> Tensor:
        """Conjugate transpose of matrices."""
    def all(
        self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Is every element not zero?"""
    def allclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
        """Are all elements close?"""
    def amax(
        self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Largest over dimensions."""
    def amin(
        self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Smallest over dimensions."""
    def aminmax(
        self, *, dim: _int | None = None, keepdim: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.aminmax:
        """Smallest and largest."""
    def any(
        self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Is any element not zero?"""
    def arccos(self, *, out: Tensor | None = None) -> Tensor:
        """`arccos(input)`."""
    def arccos_(self) -> Self:
        """`arccos(input)`. In place: `input` keeps its shape and dtype."""
    def arccosh(self, *, out: Tensor | None = None) -> Tensor:
        """`arcosh(input)`."""
    def arccosh_(self) -> Self:
        """`arcosh(input)`. In place: `input` keeps its shape and dtype."""
    def arcsin(self, *, out: Tensor | None = None) -> Tensor:
        """`arcsin(input)`."""
    def arcsin_(self) -> Self:
        """`arcsin(input)`. In place: `input` keeps its shape and dtype."""
    def arcsinh(self, *, out: Tensor | None = None) -> Tensor:
        """`arsinh(input)`."""
    def arcsinh_(self) -> Self:
        """`arsinh(input)`. In place: `input` keeps its shape and dtype."""
    def arctan(self, *, out: Tensor | None = None) -> Tensor:
        """`arctan(input)`."""
    def arctan2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant."""
    def arctan2_(self, other: Tensor) -> Self:
        """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant. In place:
        `input` keeps its shape and dtype."""
    def arctan_(self) -> Self:
        """`arctan(input)`. In place: `input` keeps its shape and dtype."""
    def arctanh(self, *, out: Tensor | None = None) -> Tensor:
        """`artanh(input)`."""
    def arctanh_(self) -> Self:
        """`artanh(input)`. In place: `input` keeps its shape and dtype."""
    def argmax(self, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """Index of the largest."""
    def argmin(self, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """Index of the smallest."""
    def argsort(
        self, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Indices that sort a dimension."""
    def argwhere(self) -> Tensor:
        """Coordinates of what is not zero."""
    def as_strided(self, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Tensor:
        """A window into the storage."""
    def as_strided_(self, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Self:
        """`as_strided` in place."""
    def as_strided_scatter(
        self, src: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
    ) -> Tensor:
        """A copy with a window replaced."""
    def asin(self, *, out: Tensor | None = None) -> Tensor:
        """`arcsin(input)`."""
    def asin_(self) -> Self:
        """`arcsin(input)`. In place: `input` keeps its shape and dtype."""
    def asinh(self, *, out: Tensor | None = None) -> Tensor:
        """`arsinh(input)`."""
    def asinh_(self) -> Self:
        """`arsinh(input)`. In place: `input` keeps its shape and dtype."""
    def atan(self, *, out: Tensor | None = None) -> Tensor:
        """`arctan(input)`."""
    def atan2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant."""
    def atan2_(self, other: Tensor) -> Self:
        """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant. In place:
        `input` keeps its shape and dtype."""
    def atan_(self) -> Self:
        """`arctan(input)`. In place: `input` keeps its shape and dtype."""
    def atanh(self, *, out: Tensor | None = None) -> Tensor:
        """`artanh(input)`."""
    def atanh_(self) -> Self:
        """`artanh(input)`. In place: `input` keeps its shape and dtype."""
    @overload
    def baddbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * batch1 @ batch2`."""
    @overload
    def baddbmm(self, beta: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def baddbmm(
        self, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Self:
        """`beta * input + alpha * batch1 @ batch2`."""
    @overload
    def baddbmm_(self, beta: _Number, batch1: Tensor, batch2: Tensor) -> Self: ...
    @overload
    def baddbmm_(self, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor) -> Self: ...
    @overload
    def bernoulli(self, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
        """1 with a probability, else 0."""
    @overload
    def bernoulli(self, p: _float, *, generator: Generator | None = None) -> Tensor: ...
    @overload
    def bernoulli_(self, p: _float = 0.5, *, generator: Generator | None = None) -> Self:
        """1 with a probability, else 0, in place."""
    @overload
    def bernoulli_(self, p: Tensor, *, generator: Generator | None = None) -> Self: ...
    def bfloat16(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to bfloat16."""
    def bincount(self, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
        """How often each integer occurs."""
    def bitwise_and(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input & other`, bitwise and."""
    def bitwise_and_(self, other: Tensor | _Number) -> Self:
        """`input & other`, bitwise and. In place: `input` keeps its shape and dtype."""
    def bitwise_left_shift(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input << other`; 0 where `other` is negative or not below the width."""
    def bitwise_left_shift_(self, other: Tensor | _Number) -> Self:
        """`input << other`; 0 where `other` is negative or not below the width. In place: `input` keeps its shape and
        dtype."""
    def bitwise_not(self, *, out: Tensor | None = None) -> Tensor:
        """`~input`, the bitwise complement; logical not for bool."""
    def bitwise_not_(self) -> Self:
        """`~input`, the bitwise complement; logical not for bool. In place: `input` keeps its shape and dtype."""
    def bitwise_or(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input | other`, bitwise or."""
    def bitwise_or_(self, other: Tensor | _Number) -> Self:
        """`input | other`, bitwise or. In place: `input` keeps its shape and dtype."""
    def bitwise_right_shift(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input >> other`, arithmetic for signed dtypes; a shift that is negative or not below the width acts as width
        - 1."""
    def bitwise_right_shift_(self, other: Tensor | _Number) -> Self:
        """`input >> other`, arithmetic for signed dtypes; a shift that is negative or not below the width acts as width
        - 1. In place: `input` keeps its shape and dtype."""
    def bitwise_xor(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input ^ other`, bitwise exclusive or."""
    def bitwise_xor_(self, other: Tensor | _Number) -> Self:
        """`input ^ other`, bitwise exclusive or. In place: `input` keeps its shape and dtype."""
    def bmm(self, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Products of a batch of matrices."""
    def bool(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to bool."""
    @overload
    def broadcast_to(self, size: Sequence[_int]) -> Tensor:
        """Broadcasts to a size."""
    @overload
    def broadcast_to(self, *size: _int) -> Tensor: ...
    def byte(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to byte."""
    def cauchy_(self, median: _float = 0.0, sigma: _float = 1.0, *, generator: Generator | None = None) -> Self:
        """Cauchy random numbers, in place."""
    def cdouble(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to cdouble."""
    def ceil(self, *, out: Tensor | None = None) -> Tensor:
        """`ceil(input)`, the smallest integer not below."""
    def ceil_(self) -> Self:
        """`ceil(input)`, the smallest integer not below. In place: `input` keeps its shape and dtype."""
    def cfloat(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to cfloat."""
    def chalf(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to chalf."""
    def char(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to char."""
    def cholesky_inverse(self, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """The inverse of A, given its Cholesky factor."""
    def cholesky_solve(self, input2: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """X with `A X = input`, given the Cholesky factor of A."""
    def chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """At most so many equal parts."""
    def clamp(
        self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """Limits to `[min, max]`; either may be absent."""
    def clamp_(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Self:
        """Limits to `[min, max]`; either may be absent."""
    def clamp_max(self, max: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """Not above `max`."""
    def clamp_max_(self, max: Tensor | _Number) -> Self:
        """Not above `max`."""
    def clamp_min(self, min: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """Not below `min`."""
    def clamp_min_(self, min: Tensor | _Number) -> Self:
        """Not below `min`."""
    def clip(
        self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """Limits to `[min, max]`; either may be absent."""
    def clip_(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Self:
        """Limits to `[min, max]`; either may be absent."""
    def clone(self, *, memory_format: memory_format | None = None) -> Tensor:
        """A copy."""
    def conj(self) -> Tensor:
        """The complex conjugate as a view; a real tensor itself."""
    def conj_physical(self, *, out: Tensor | None = None) -> Tensor:
        """The complex conjugate; a real tensor itself."""
    def conj_physical_(self) -> Self:
        """The complex conjugate; a real tensor itself."""
    def contiguous(self, memory_format: memory_format | None = None) -> Tensor:
        """The tensor if its elements lie in order, else a copy whose elements do."""
    def copy_(self, other: Tensor | _Number, non_blocking: _bool = False) -> Self:
        """Takes over the elements of another tensor, converted and broadcast."""
    def copysign(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`|input|` with the sign of `other`."""
    def copysign_(self, other: Tensor | _Number) -> Self:
        """`|input|` with the sign of `other`. In place: `input` keeps its shape and dtype."""
    def cos(self, *, out: Tensor | None = None) -> Tensor:
        """`cos(input)`."""
    def cos_(self) -> Self:
        """`cos(input)`. In place: `input` keeps its shape and dtype."""
    def cosh(self, *, out: Tensor | None = None) -> Tensor:
        """`cosh(input)`."""
    def cosh_(self) -> Self:
        """`cosh(input)`. In place: `input` keeps its shape and dtype."""
    def count_nonzero(self, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """Number of elements that are not zero."""
    def cross(self, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
        """Vector products along a dimension of size 3, the first such where none is named."""
    def cummax(self, dim: _int, *, out: Sequence[Tensor] | None = None) -> return_types.cummax:
        """Running maximum and its index."""
    def cummin(self, dim: _int, *, out: Sequence[Tensor] | None = None) -> return_types.cummin:
        """Running minimum and its index."""
    def cumprod(self, dim: _int, *, dtype: _DtypeLike | None = None, out: Tensor | None = None) -> Tensor:
        """Running product."""
    def cumprod_(self, dim: _int, *, dtype: _DtypeLike | None = None) -> Self:
        """Running product."""
    def cumsum(self, dim: _int, *, dtype: _DtypeLike | None = None, out: Tensor | None = None) -> Tensor:
        """Running sum."""
    def cumsum_(self, dim: _int, *, dtype: _DtypeLike | None = None) -> Self:
        """Running sum."""
    def det(self) -> Tensor:
        """Determinants."""
    def diag(self, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
        """A diagonal, or a matrix with one."""
    def diag_embed(self, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """Matrices with diagonals."""
    def diagflat(self, offset: _int = 0) -> Tensor:
        """A matrix with a diagonal."""
    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """The diagonal of two dimensions."""
    def diagonal_scatter(self, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A copy with a diagonal replaced."""
    def digamma(self, *, out: Tensor | None = None) -> Tensor:
        """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function."""
    def digamma_(self) -> Self:
        """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function. In place: `input` keeps its
        shape and dtype."""
    def div(self, other: Tensor | _Number, *, rounding_mode: str | None = None, out: Tensor | None = None) -> Tensor:
        """`input / other`, rounded if asked."""
    def div_(self, other: Tensor | _Number, *, rounding_mode: str | None = None) -> Self:
        """`input / other`, rounded if asked."""
    def divide(self, other: Tensor | _Number, *, rounding_mode: str | None = None, out: Tensor | None = None) -> Tensor:
        """`input / other`, rounded if asked."""
    def divide_(self, other: Tensor | _Number, *, rounding_mode: str | None = None) -> Self:
        """`input / other`, rounded if asked."""
    def dot(self, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Inner product of two vectors."""
    def double(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to double."""
    @overload
    def dsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Parts in depth."""
    @overload
    def dsplit(self, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
    @overload
    def dsplit(self, *indices: _int) -> tuple[Tensor, ...]: ...
    def eq(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input == other`."""
    def eq_(self, other: Tensor | _Number) -> Self:
        """`input == other`. In place: `input` keeps its shape and dtype."""
    def equal(self, other: Tensor) -> _bool:
        """Same shape and elements?"""
    def erf(self, *, out: Tensor | None = None) -> Tensor:
        """`erf(input)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to input`."""
    def erf_(self) -> Self:
        """`erf(input)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to input`. In place: `input`
        keeps its shape and dtype."""
    def erfc(self, *, out: Tensor | None = None) -> Tensor:
        """`1 - erf(input)`, accurate for large `input`."""
    def erfc_(self) -> Self:
        """`1 - erf(input)`, accurate for large `input`. In place: `input` keeps its shape and dtype."""
    def erfinv(self, *, out: Tensor | None = None) -> Tensor:
        """`y` with `erf(y) = input`, the inverse of the error function."""
    def erfinv_(self) -> Self:
        """`y` with `erf(y) = input`, the inverse of the error function. In place: `input` keeps its shape and dtype."""
    def exp(self, *, out: Tensor | None = None) -> Tensor:
        """`e^input`."""
    def exp2(self, *, out: Tensor | None = None) -> Tensor:
        """`2^input`."""
    def exp2_(self) -> Self:
        """`2^input`. In place: `input` keeps its shape and dtype."""
    def exp_(self) -> Self:
        """`e^input`. In place: `input` keeps its shape and dtype."""
    @overload
    def expand(self, size: Sequence[_int]) -> Tensor:
        """Broadcasts to a larger size; -1 keeps a size."""
    @overload
    def expand(self, *size: _int) -> Tensor: ...
    def expand_as(self, other: Tensor) -> Tensor:
        """Broadcasts to the size of another tensor."""
    def expm1(self, *, out: Tensor | None = None) -> Tensor:
        """`e^input - 1`, accurate near 0."""
    def expm1_(self) -> Self:
        """`e^input - 1`, accurate near 0. In place: `input` keeps its shape and dtype."""
    def exponential_(self, lambd: _float = 1.0, *, generator: Generator | None = None) -> Self:
        """Exponential random numbers, in place."""
    def fill(self, value: Tensor | _Number) -> Tensor:
        """A number everywhere."""
    def fill_(self, value: Tensor | _Number) -> Self:
        """A number everywhere."""
    def fix(self, *, out: Tensor | None = None) -> Tensor:
        """`trunc(input)`, the integer part."""
    def fix_(self) -> Self:
        """`trunc(input)`, the integer part. In place: `input` keeps its shape and dtype."""
    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """Merges dimensions."""
    @overload
    def flip(self, dims: Sequence[_int]) -> Tensor:
        """Dimensions reversed."""
    @overload
    def flip(self, *dims: _int) -> Tensor: ...
    def fliplr(self) -> Tensor:
        """Columns reversed."""
    def flipud(self) -> Tensor:
        """Rows reversed."""
    def float(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to float."""
    def floor(self, *, out: Tensor | None = None) -> Tensor:
        """`floor(input)`, the largest integer not above."""
    def floor_(self) -> Self:
        """`floor(input)`, the largest integer not above. In place: `input` keeps its shape and dtype."""
    def floor_divide(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`floor(input / other)`."""
    def floor_divide_(self, other: Tensor | _Number) -> Self:
        """`floor(input / other)`."""
    def fmax(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`max(input, other)`; NaN loses. Of equals each gets half the gradient."""
    def fmax_(self, other: Tensor) -> Self:
        """`max(input, other)`; NaN loses. Of equals each gets half the gradient. In place: `input` keeps its shape and
        dtype."""
    def fmin(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`min(input, other)`; NaN loses."""
    def fmin_(self, other: Tensor) -> Self:
        """`min(input, other)`; NaN loses. In place: `input` keeps its shape and dtype."""
    def fmod(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input - other * trunc(input / other)`: the sign of the dividend (C's `fmod`)."""
    def fmod_(self, other: Tensor | _Number) -> Self:
        """`input - other * trunc(input / other)`: the sign of the dividend (C's `fmod`). In place: `input` keeps its
        shape and dtype."""
    def frac(self, *, out: Tensor | None = None) -> Tensor:
        """`input - trunc(input)`, the fractional part, with the sign of the input."""
    def frac_(self) -> Self:
        """`input - trunc(input)`, the fractional part, with the sign of the input. In place: `input` keeps its shape
        and dtype."""
    def gather(self, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
        """Elements at indices along a dimension."""
    def gcd(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Greatest common divisor of `input` and `other`."""
    def gcd_(self, other: Tensor) -> Self:
        """Greatest common divisor of `input` and `other`. In place: `input` keeps its shape and dtype."""
    def ge(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input >= other`."""
    def ge_(self, other: Tensor | _Number) -> Self:
        """`input >= other`. In place: `input` keeps its shape and dtype."""
    def geometric_(self, p: _float, *, generator: Generator | None = None) -> Self:
        """Geometric random numbers, in place."""
    def geqrf(self, *, out: Sequence[Tensor] | None = None) -> return_types.geqrf:
        """R and the reflectors of Q, as LAPACK stores them."""
    def ger(self, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Outer product of two vectors."""
    def greater(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input > other`."""
    def greater_(self, other: Tensor | _Number) -> Self:
        """`input > other`. In place: `input` keeps its shape and dtype."""
    def greater_equal(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input >= other`."""
    def greater_equal_(self, other: Tensor | _Number) -> Self:
        """`input >= other`. In place: `input` keeps its shape and dtype."""
    def gt(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input > other`."""
    def gt_(self, other: Tensor | _Number) -> Self:
        """`input > other`. In place: `input` keeps its shape and dtype."""
    def half(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to half."""
    def heaviside(self, values: Tensor, *, out: Tensor | None = None) -> Tensor:
        """0, `values` or 1 for a negative, zero or positive `input`."""
    def heaviside_(self, values: Tensor) -> Self:
        """0, `values` or 1 for a negative, zero or positive `input`."""
    def histc(self, bins: _int = 100, min: _float = 0, max: _float = 0, *, out: Tensor | None = None) -> Tensor:
        """Counts of equal intervals."""
    @overload
    def hsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Parts side by side."""
    @overload
    def hsplit(self, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
    @overload
    def hsplit(self, *indices: _int) -> tuple[Tensor, ...]: ...
    def hypot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`sqrt(input^2 + other^2)` without overflow."""
    def hypot_(self, other: Tensor) -> Self:
        """`sqrt(input^2 + other^2)` without overflow. In place: `input` keeps its shape and dtype."""
    def i0(self, *, out: Tensor | None = None) -> Tensor:
        """`I0(input)`, the modified Bessel function of the first kind of order 0."""
    def i0_(self) -> Self:
        """`I0(input)`, the modified Bessel function of the first kind of order 0. In place: `input` keeps its shape and
        dtype."""
    def igamma(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`P(input, other)`, the regularised lower incomplete gamma function."""
    def igamma_(self, other: Tensor) -> Self:
        """`P(input, other)`, the regularised lower incomplete gamma function. In place: `input` keeps its shape and
        dtype."""
    def igammac(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`1 - P(input, other)`, the regularised upper incomplete gamma function."""
    def igammac_(self, other: Tensor) -> Self:
        """`1 - P(input, other)`, the regularised upper incomplete gamma function. In place: `input` keeps its shape and
        dtype."""
    def index_add(
        self, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """Adds entries at indices."""
    def index_add_(self, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1) -> Self:
        """Adds entries at indices."""
    def index_copy(self, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Overwrites entries at indices."""
    def index_copy_(self, dim: _int, index: Tensor, source: Tensor) -> Self:
        """Overwrites entries at indices."""
    def index_fill(self, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
        """A number at indices of a dimension."""
    def index_fill_(self, dim: _int, index: Tensor, value: Tensor | _Number) -> Self:
        """A number at indices of a dimension."""
    def index_put(self, indices: Any, values: Tensor, accumulate: _bool = False) -> Tensor:
        """Writes values at index tensors."""
    def index_put_(self, indices: Any, values: Tensor, accumulate: _bool = False) -> Self:
        """Writes values at index tensors."""
    def index_reduce(
        self,
        dim: _int,
        index: Tensor,
        source: Tensor,
        reduce: str,
        *,
        include_self: _bool = True,
        out: Tensor | None = None,
    ) -> Tensor:
        """Combines entries at indices."""
    def index_reduce_(
        self, dim: _int, index: Tensor, source: Tensor, reduce: str, *, include_self: _bool = True
    ) -> Self:
        """Combines entries at indices."""
    def index_select(self, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Entries of a dimension at indices."""
    def int(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to int."""
    def inverse(self, *, out: Tensor | None = None) -> Tensor:
        """Inverses."""
    def isclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
        """`|input - other| <= atol + rtol * |other|`."""
    def isfinite(self) -> Tensor:
        """Is `input` neither infinite nor NaN?"""
    def isinf(self) -> Tensor:
        """Is `input` infinite (either part, if complex)?"""
    def isnan(self) -> Tensor:
        """Is `input` NaN (either part, if complex)?"""
    def isneginf(self, *, out: Tensor | None = None) -> Tensor:
        """Is `input` minus infinity?"""
    def isposinf(self, *, out: Tensor | None = None) -> Tensor:
        """Is `input` plus infinity?"""
    def kthvalue(
        self, k: _int, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
    ) -> return_types.kthvalue:
        """The `k`-th smallest, with its index."""
    def lcm(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Least common multiple of `input` and `other`."""
    def lcm_(self, other: Tensor) -> Self:
        """Least common multiple of `input` and `other`. In place: `input` keeps its shape and dtype."""
    def le(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input <= other`."""
    def le_(self, other: Tensor | _Number) -> Self:
        """`input <= other`. In place: `input` keeps its shape and dtype."""
    def lerp(self, end: Tensor, weight: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input + weight * (end - input)`."""
    def lerp_(self, end: Tensor, weight: Tensor | _Number) -> Self:
        """`input + weight * (end - input)`."""
    def less(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input < other`."""
    def less_(self, other: Tensor | _Number) -> Self:
        """`input < other`. In place: `input` keeps its shape and dtype."""
    def less_equal(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input <= other`."""
    def less_equal_(self, other: Tensor | _Number) -> Self:
        """`input <= other`. In place: `input` keeps its shape and dtype."""
    def lgamma(self, *, out: Tensor | None = None) -> Tensor:
        """`ln(|Gamma(input)|)`."""
    def lgamma_(self) -> Self:
        """`ln(|Gamma(input)|)`. In place: `input` keeps its shape and dtype."""
    def log(self, *, out: Tensor | None = None) -> Tensor:
        """`ln(input)`, the natural logarithm."""
    def log10(self, *, out: Tensor | None = None) -> Tensor:
        """`log10(input)`, the base-10 logarithm."""
    def log10_(self) -> Self:
        """`log10(input)`, the base-10 logarithm. In place: `input` keeps its shape and dtype."""
    def log1p(self, *, out: Tensor | None = None) -> Tensor:
        """`log(1 + input)`, accurate near 0."""
    def log1p_(self) -> Self:
        """`log(1 + input)`, accurate near 0. In place: `input` keeps its shape and dtype."""
    def log2(self, *, out: Tensor | None = None) -> Tensor:
        """`log2(input)`, the base-2 logarithm."""
    def log2_(self) -> Self:
        """`log2(input)`, the base-2 logarithm. In place: `input` keeps its shape and dtype."""
    def log_(self) -> Self:
        """`ln(input)`, the natural logarithm. In place: `input` keeps its shape and dtype."""
    def log_normal_(self, mean: _float = 1.0, std: _float = 2.0, *, generator: Generator | None = None) -> Self:
        """Log-normal random numbers, in place."""
    def log_softmax(self, dim: _int, dtype: _DtypeLike | None = None, *, out: Tensor | None = None) -> Tensor:
        """Logarithm of softmax."""
    def logaddexp(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log(e^input + e^other)`."""
    def logaddexp2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log2(2^input + 2^other)`."""
    def logaddexp2_(self, other: Tensor) -> Self:
        """`log2(2^input + 2^other)`. In place: `input` keeps its shape and dtype."""
    def logaddexp_(self, other: Tensor) -> Self:
        """`log(e^input + e^other)`. In place: `input` keeps its shape and dtype."""
    def logcumsumexp(self, dim: _int, *, out: Tensor | None = None) -> Tensor:
        """`log(cumsum(exp(x)))`."""
    def logdet(self) -> Tensor:
        """Logarithms of determinants; NaN of negative ones."""
    def logical_and(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Are both `input` and `other` non-zero?"""
    def logical_and_(self, other: Tensor) -> Self:
        """Are both `input` and `other` non-zero? In place: `input` keeps its shape and dtype."""
    def logical_not(self, *, out: Tensor | None = None) -> Tensor:
        """`input == 0`."""
    def logical_not_(self) -> Self:
        """`input == 0`. In place: `input` keeps its shape and dtype."""
    def logical_or(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Is `input` or `other` non-zero?"""
    def logical_or_(self, other: Tensor) -> Self:
        """Is `input` or `other` non-zero? In place: `input` keeps its shape and dtype."""
    def logical_xor(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Is exactly one of `input` and `other` non-zero?"""
    def logical_xor_(self, other: Tensor) -> Self:
        """Is exactly one of `input` and `other` non-zero? In place: `input` keeps its shape and dtype."""
    def logit(self, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
        """`log(x / (1 - x))`."""
    def logit_(self, eps: _float | None = None) -> Self:
        """`log(x / (1 - x))`."""
    def logsumexp(self, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """`log(sum(exp(x)))` without overflow."""
    def long(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to long."""
    def lt(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input < other`."""
    def lt_(self, other: Tensor | _Number) -> Self:
        """`input < other`. In place: `input` keeps its shape and dtype."""
    def masked_fill(self, mask: Tensor, value: Tensor | _Number) -> Tensor:
        """A number where a mask is true."""
    def masked_fill_(self, mask: Tensor, value: Tensor | _Number) -> Self:
        """A number where a mask is true."""
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """Elements of a source, one after another, where a mask is true."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Self:
        """Elements of a source, one after another, where a mask is true."""
    def masked_select(self, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Elements where a mask is true."""
    def matmul(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Matrix product, batched over leading dimensions."""
    def matrix_exp(self) -> Tensor:
        """Exponentials of matrices."""
    @overload
    def max(self, *, out: Tensor | None = None) -> Tensor:
        """Largest element; or largest along a dimension with its index; or larger of two tensors."""
    @overload
    def max(self, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def max(self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> return_types.max: ...
    def maximum(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`max(input, other)`; NaN wins. Of equals each gets half the gradient."""
    def maximum_(self, other: Tensor) -> Self:
        """`max(input, other)`; NaN wins. Of equals each gets half the gradient. In place: `input` keeps its shape and
        dtype."""
    def mean(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _DtypeLike | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Mean over dimensions, or of all elements."""
    @overload
    def median(self) -> Tensor:
        """The lower median."""
    @overload
    def median(
        self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
    ) -> return_types.median: ...
    @overload
    def min(self, *, out: Tensor | None = None) -> Tensor:
        """Smallest element; or smallest along a dimension with its index; or smaller of two tensors."""
    @overload
    def min(self, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def min(self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> return_types.min: ...
    def minimum(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`min(input, other)`; NaN wins."""
    def minimum_(self, other: Tensor) -> Self:
        """`min(input, other)`; NaN wins. In place: `input` keeps its shape and dtype."""
    def mm(self, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Product of two matrices."""
    def mode(self, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> return_types.mode:
        """The most frequent, with an index."""
    @overload
    def moveaxis(self, source: _int, destination: _int) -> Tensor:
        """Moves dimensions."""
    @overload
    def moveaxis(self, source: Sequence[_int], destination: Sequence[_int]) -> Tensor: ...
    @overload
    def movedim(self, source: _int, destination: _int) -> Tensor:
        """Moves dimensions."""
    @overload
    def movedim(self, source: Sequence[_int], destination: Sequence[_int]) -> Tensor: ...
    def movedim_(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Self:
        """`movedim` in place."""
    def msort(self, *, out: Tensor | None = None) -> Tensor:
        """Sorted along the first dimension."""
    def mul(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * other`."""
    def mul_(self, other: Tensor | _Number) -> Self:
        """`input * other`. In place: `input` keeps its shape and dtype."""
    def multinomial(
        self,
        num_samples: _int,
        replacement: _bool = False,
        *,
        generator: Generator | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Indices drawn from each row of weights."""
    def multiply(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * other`."""
    def multiply_(self, other: Tensor | _Number) -> Self:
        """`input * other`. In place: `input` keeps its shape and dtype."""
    def mv(self, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Product of matrix and vector."""
    def nan_to_num(
        self,
        nan: _float | None = None,
        posinf: _float | None = None,
        neginf: _float | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """Replaces NaN and infinities."""
    def nan_to_num_(
        self, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None
    ) -> Self:
        """Replaces NaN and infinities."""
    def nanmean(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _DtypeLike | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Mean of what is not NaN."""
    @overload
    def nanmedian(self) -> Tensor:
        """The lower median of what is not NaN."""
    @overload
    def nanmedian(
        self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
    ) -> return_types.nanmedian: ...
    def nanquantile(
        self,
        q: Tensor | _Number,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        interpolation: str = "linear",
        out: Tensor | None = None,
    ) -> Tensor:
        """Quantiles of what is not NaN."""
    def nansum(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _DtypeLike | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Sum of what is not NaN."""
    @overload
    def narrow(self, dim: _int, start: Tensor, length: _int) -> Tensor:
        """`length` entries of a dimension from `start` on."""
    @overload
    def narrow(self, dim: _int, start: _int, length: _int) -> Tensor: ...
    def ne(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input != other`."""
    def ne_(self, other: Tensor | _Number) -> Self:
        """`input != other`. In place: `input` keeps its shape and dtype."""
    def neg(self, *, out: Tensor | None = None) -> Tensor:
        """`-input`."""
    def neg_(self) -> Self:
        """`-input`. In place: `input` keeps its shape and dtype."""
    def negative(self, *, out: Tensor | None = None) -> Tensor:
        """`-input`."""
    def negative_(self) -> Self:
        """`-input`. In place: `input` keeps its shape and dtype."""
    @overload
    def new_empty(
        self,
        size: Sequence[_int],
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor:
        """Undefined contents with the tensor's dtype and device."""
    @overload
    def new_empty(
        self,
        *size: _int,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    def new_empty_strided(
        self,
        size: Sequence[_int],
        stride: Sequence[_int],
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor:
        """`empty_strided` with the tensor's dtype and device."""
    def new_full(
        self,
        size: Sequence[_int],
        fill_value: _Number,
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor:
        """A number with the tensor's dtype and device."""
    @overload
    def new_ones(
        self,
        size: Sequence[_int],
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor:
        """Ones with the tensor's dtype and device."""
    @overload
    def new_ones(
        self,
        *size: _int,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    @overload
    def new_zeros(
        self,
        size: Sequence[_int],
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor:
        """Zeros with the tensor's dtype and device."""
    @overload
    def new_zeros(
        self,
        *size: _int,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    def nextafter(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The float next to `input` in the direction of `other`."""
    def nextafter_(self, other: Tensor) -> Self:
        """The float next to `input` in the direction of `other`. In place: `input` keeps its shape and dtype."""
    def nonzero(self, *, as_tuple: _bool = False, out: Sequence[Tensor] | None = None) -> Any:
        """Coordinates of what is not zero."""
    def nonzero_static(self, *, size: _int, fill_value: _int = -1, out: Tensor | None = None) -> Tensor:
        """Coordinates of what is not zero, so many rows."""
    def normal_(self, mean: _float = 0.0, std: _float = 1.0, *, generator: Generator | None = None) -> Self:
        """Normal random numbers, in place."""
    def not_equal(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input != other`."""
    def not_equal_(self, other: Tensor | _Number) -> Self:
        """`input != other`. In place: `input` keeps its shape and dtype."""
    def orgqr(self, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The first columns of a product of reflectors."""
    def ormqr(
        self, input2: Tensor, input3: Tensor, left: _bool = True, transpose: _bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """A matrix times a product of reflectors."""
    def outer(self, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Outer product of two vectors."""
    @overload
    def permute(self, dims: Sequence[_int]) -> Tensor:
        """Dimensions in a new order."""
    @overload
    def permute(self, *dims: _int) -> Tensor: ...
    def polygamma(self, n: _int) -> Tensor:
        """Derivative number `n` of the digamma function."""
    def polygamma_(self, n: _int) -> Self:
        """Derivative number `n` of the digamma function."""
    def pow(self, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input ** exponent`."""
    def pow_(self, exponent: Tensor | _Number) -> Self:
        """`input ** exponent`."""
    @overload
    def prod(self, dim: _int | None = None, keepdim: _bool = False, *, dtype: _DtypeLike | None = None) -> Tensor:
        """Product of all elements, or along a dimension."""
    @overload
    def prod(
        self, dim: _int, keepdim: _bool = False, *, dtype: _DtypeLike | None = None, out: Tensor | None = None
    ) -> Tensor: ...
    def put(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """Writes elements of the flattened tensor."""
    def put_(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Self:
        """Writes elements of the flattened tensor."""
    def quantile(
        self,
        q: Tensor | _Number,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        interpolation: str = "linear",
        out: Tensor | None = None,
    ) -> Tensor:
        """Quantiles."""
    @overload
    def random_(self, *, generator: Generator | None = None) -> Self:
        """Random integers, in place."""
    @overload
    def random_(self, to: _int, *, generator: Generator | None = None) -> Self: ...
    @overload
    def random_(self, from_: _int, /, to: _int | None, *, generator: Generator | None = None) -> Self: ...
    def ravel(self) -> Tensor:
        """All dimensions merged."""
    def reciprocal(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / input`."""
    def reciprocal_(self) -> Self:
        """`1 / input`. In place: `input` keeps its shape and dtype."""
    def relu(self) -> Tensor:
        """`max(input, 0)`; NaN stays."""
    def relu_(self) -> Self:
        """`max(input, 0)`; NaN stays. In place: `input` keeps its shape and dtype."""
    def remainder(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input - other * floor(input / other)`."""
    def remainder_(self, other: Tensor | _Number) -> Self:
        """`input - other * floor(input / other)`."""
    @overload
    def repeat(self, repeats: Sequence[_int]) -> Tensor:
        """Repeats the tensor along dimensions."""
    @overload
    def repeat(self, *repeats: _int) -> Tensor: ...
    @overload
    def repeat_interleave(self, repeats: _int, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor:
        """Repeats elements."""
    @overload
    def repeat_interleave(
        self, repeats: Tensor, dim: _int | None = None, *, output_size: _int | None = None
    ) -> Tensor: ...
    @overload
    def repeat_interleave(self, *, output_size: _int | None = None) -> Tensor: ...
    @overload
    def reshape(self, shape: Sequence[_int]) -> Tensor:
        """The same elements in another shape, copied where they must be."""
    @overload
    def reshape(self, *shape: _int) -> Tensor: ...
    def reshape_as(self, other: Tensor) -> Tensor:
        """`reshape` to the shape of another tensor."""
    @overload
    def resize_(self, size: Sequence[_int], *, memory_format: memory_format | None = None) -> Self:
        """Another size, with more memory where it takes more."""
    @overload
    def resize_(self, *size: _int, memory_format: memory_format | None = None) -> Self: ...
    def resize_as_(self, the_template: Tensor, *, memory_format: memory_format | None = None) -> Self:
        """The size of another tensor."""
    def resolve_conj(self) -> Tensor:
        """The tensor, or a copy of it if it is still to be conjugated."""
    def resolve_neg(self) -> Tensor:
        """The tensor, or a copy of it if it is still to be negated."""
    def roll(self, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = None) -> Tensor:
        """Rotates elements along dimensions."""
    def rot90(self, k: _int = 1, dims: Sequence[_int] | None = None) -> Tensor:
        """Rotates by quarter turns."""
    def round(self, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
        """Nearest integer, or multiple of `10**-decimals`; halves to even."""
    def round_(self, *, decimals: _int = 0) -> Self:
        """Nearest integer, or multiple of `10**-decimals`; halves to even."""
    def rsqrt(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / sqrt(input)`."""
    def rsqrt_(self) -> Self:
        """`1 / sqrt(input)`. In place: `input` keeps its shape and dtype."""
    @overload
    def scatter(self, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Writes values at indices along a dimension."""
    @overload
    def scatter(self, dim: _int, index: Tensor, src: Tensor, *, reduce: str, out: Tensor | None = None) -> Tensor: ...
    @overload
    def scatter(self, dim: _int, index: Tensor, value: _Number, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def scatter(
        self, dim: _int, index: Tensor, value: _Number, *, reduce: str, out: Tensor | None = None
    ) -> Tensor: ...
    @overload
    def scatter_(self, dim: _int, index: Tensor, src: Tensor) -> Self:
        """Writes values at indices along a dimension."""
    @overload
    def scatter_(self, dim: _int, index: Tensor, src: Tensor, *, reduce: str) -> Self: ...
    @overload
    def scatter_(self, dim: _int, index: Tensor, value: _Number) -> Self: ...
    @overload
    def scatter_(self, dim: _int, index: Tensor, value: _Number, *, reduce: str) -> Self: ...
    def scatter_add(self, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Adds values at indices along a dimension."""
    def scatter_add_(self, dim: _int, index: Tensor, src: Tensor) -> Self:
        """Adds values at indices along a dimension."""
    def scatter_reduce(
        self,
        dim: _int,
        index: Tensor,
        src: Tensor,
        reduce: str,
        *,
        include_self: _bool = True,
        out: Tensor | None = None,
    ) -> Tensor:
        """Combines values at indices along a dimension."""
    def scatter_reduce_(
        self, dim: _int, index: Tensor, src: Tensor, reduce: str, *, include_self: _bool = True
    ) -> Self:
        """Combines values at indices along a dimension."""
    def select(self, dim: _int, index: _int) -> Tensor:
        """One entry of a dimension."""
    def select_scatter(self, src: Tensor, dim: _int, index: _int) -> Tensor:
        """A copy with one entry of a dimension replaced."""
    def set_(
        self,
        source: Any | None = None,
        storage_offset: _int = 0,
        size: Sequence[_int] | None = None,
        stride: Sequence[_int] | None = None,
    ) -> Self:
        """The memory of another tensor, or a window of a storage."""
    def sgn(self, *, out: Tensor | None = None) -> Tensor:
        """`input / |input|` for complex input, `sign` for real."""
    def sgn_(self) -> Self:
        """`input / |input|` for complex input, `sign` for real. In place: `input` keeps its shape and dtype."""
    def short(self, *, memory_format: memory_format | None = None) -> Tensor:
        """The tensor converted to short."""
    def sigmoid(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / (1 + e^-input)`."""
    def sigmoid_(self) -> Self:
        """`1 / (1 + e^-input)`. In place: `input` keeps its shape and dtype."""
    def sign(self, *, out: Tensor | None = None) -> Tensor:
        """Sign of `input`: -1, 0 or 1; NaN gives 0 as in PyTorch."""
    def sign_(self) -> Self:
        """Sign of `input`: -1, 0 or 1; NaN gives 0 as in PyTorch. In place: `input` keeps its shape and dtype."""
    def signbit(self, *, out: Tensor | None = None) -> Tensor:
        """Is the sign bit of `input` set (minus zero included)?"""
    def sin(self, *, out: Tensor | None = None) -> Tensor:
        """`sin(input)`."""
    def sin_(self) -> Self:
        """`sin(input)`. In place: `input` keeps its shape and dtype."""
    def sinc(self, *, out: Tensor | None = None) -> Tensor:
        """`sin(pi input) / (pi input)`, 1 at 0."""
    def sinc_(self) -> Self:
        """`sin(pi input) / (pi input)`, 1 at 0. In place: `input` keeps its shape and dtype."""
    def sinh(self, *, out: Tensor | None = None) -> Tensor:
        """`sinh(input)`."""
    def sinh_(self) -> Self:
        """`sinh(input)`. In place: `input` keeps its shape and dtype."""
    def slice_scatter(
        self,
        src: Tensor,
        dim: _int = 0,
        start: _int | None = None,
        end: _int | None = None,
        step: _int = 1,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """A copy with a slice replaced."""
    def slogdet(self, *, out: Sequence[Tensor] | None = None) -> return_types.slogdet:
        """Signs of determinants, and the logarithms of their moduli."""
    def softmax(self, dim: _int, dtype: _DtypeLike | None = None, *, out: Tensor | None = None) -> Tensor:
        """`exp(x) / sum(exp(x))` along a dimension."""
    @overload
    def sort(
        self, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, out: Sequence[Tensor] | None = None
    ) -> return_types.sort:
        """Sorted along a dimension, with the indices."""
    @overload
    def sort(
        self, *, stable: _bool | None, dim: _int = -1, descending: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.sort: ...
    @overload
    def split(self, split_size_or_sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Parts of a size, or of sizes."""
    @overload
    def split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def split(self, split_size_or_sections: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def split(self, split_size: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
    def split_with_sizes(self, split_sizes: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Parts of given sizes."""
    def sqrt(self, *, out: Tensor | None = None) -> Tensor:
        """`sqrt(input)`."""
    def sqrt_(self) -> Self:
        """`sqrt(input)`. In place: `input` keeps its shape and dtype."""
    def square(self, *, out: Tensor | None = None) -> Tensor:
        """`input * input`; of truth values int64."""
    def square_(self) -> Self:
        """`input * input`; of truth values int64."""
    def squeeze(self, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """Without dimensions of size 1."""
    def squeeze_(self, dim: _int | Sequence[_int] | None = None) -> Self:
        """`squeeze` in place."""
    @overload
    def std(
        self,
        dim: _int | Sequence[_int] | None = None,
        *,
        correction: _float | None = 1,
        keepdim: _bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """Standard deviation."""
    @overload
    def std(self, unbiased: _bool) -> Tensor: ...
    @overload
    def std(
        self,
        dim: _int | Sequence[_int] | None,
        unbiased: _bool = True,
        keepdim: _bool = False,
        *,
        out: Tensor | None = None,
    ) -> Tensor: ...
    @overload
    def sub(self, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
        """`input - alpha * other`."""
    @overload
    def sub(self, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def sub(self, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def sub_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Self:
        """`input - alpha * other`."""
    @overload
    def sub_(self, other: _Number, alpha: _Number) -> Self: ...
    @overload
    def sub_(self, alpha: _Number, other: Tensor) -> Self: ...
    @overload
    def subtract(self, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
        """`input - alpha * other`."""
    @overload
    def subtract(self, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def subtract(self, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    def subtract_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Self:
        """`input - alpha * other`."""
    @overload
    def subtract_(self, other: _Number, alpha: _Number) -> Self: ...
    @overload
    def subtract_(self, alpha: _Number, other: Tensor) -> Self: ...
    @overload
    def sum(
        self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: _DtypeLike | None = None
    ) -> Tensor:
        """Sum over dimensions, or of all elements."""
    @overload
    def sum(
        self,
        dim: _int | Sequence[_int] | None,
        keepdim: _bool = False,
        *,
        dtype: _DtypeLike | None = None,
        out: Tensor | None = None,
    ) -> Tensor: ...
    @overload
    def sum_to_size(self, size: Sequence[_int]) -> Tensor:
        """Sums to a size that broadcasts to the tensor's."""
    @overload
    def sum_to_size(self, *size: _int) -> Tensor: ...
    def swapaxes(self, axis0: _int, axis1: _int) -> Tensor:
        """Two dimensions exchanged."""
    def swapaxes_(self, axis0: _int, axis1: _int) -> Self:
        """`swapaxes` in place."""
    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """Two dimensions exchanged."""
    def swapdims_(self, dim0: _int, dim1: _int) -> Self:
        """`transpose` in place."""
    def t(self) -> Tensor:
        """Transpose of a matrix."""
    def t_(self) -> Self:
        """`t` in place."""
    def take(self, index: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Elements of the flattened tensor."""
    def take_along_dim(self, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
        """Elements at indices along a dimension, broadcast."""
    def tan(self, *, out: Tensor | None = None) -> Tensor:
        """`tan(input)`."""
    def tan_(self) -> Self:
        """`tan(input)`. In place: `input` keeps its shape and dtype."""
    def tanh(self, *, out: Tensor | None = None) -> Tensor:
        """`tanh(input)`."""
    def tanh_(self) -> Self:
        """`tanh(input)`. In place: `input` keeps its shape and dtype."""
    @overload
    def tensor_split(self, tensor_indices_or_sections: Tensor, dim: _int = 0) -> tuple[Tensor, ...]:
        """So many parts, or parts between indices."""
    @overload
    def tensor_split(self, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tensor_split(self, indices: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tile(self, dims: Sequence[_int]) -> Tensor:
        """Repeats the tensor along dimensions."""
    @overload
    def tile(self, *dims: _int) -> Tensor: ...
    @overload
    def to(
        self,
        dtype: _DtypeLike,
        non_blocking: _bool = False,
        copy: _bool = False,
        *,
        memory_format: memory_format | None = None,
    ) -> Tensor:
        """The tensor with another dtype or on another device."""
    @overload
    def to(
        self,
        device: _DeviceLike | None = None,
        dtype: _DtypeLike | None = None,
        non_blocking: _bool = False,
        copy: _bool = False,
        *,
        memory_format: memory_format | None = None,
    ) -> Tensor: ...
    @overload
    def to(
        self,
        tensor: Tensor,
        non_blocking: _bool = False,
        copy: _bool = False,
        *,
        memory_format: memory_format | None = None,
    ) -> Tensor: ...
    def topk(
        self,
        k: _int,
        dim: _int = -1,
        largest: _bool = True,
        sorted: _bool = True,
        *,
        out: Sequence[Tensor] | None = None,
    ) -> return_types.topk:
        """The `k` largest or smallest, with their indices."""
    def trace(self) -> Tensor:
        """Sum of the diagonal."""
    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """Two dimensions exchanged."""
    def transpose_(self, dim0: _int, dim1: _int) -> Self:
        """`transpose` in place."""
    def tril(self, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
        """The lower triangle."""
    def tril_(self, diagonal: _int = 0) -> Self:
        """The lower triangle."""
    def triu(self, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
        """The upper triangle."""
    def triu_(self, diagonal: _int = 0) -> Self:
        """The upper triangle."""
    def true_divide(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input / other`."""
    def true_divide_(self, other: Tensor | _Number) -> Self:
        """`input / other`."""
    def trunc(self, *, out: Tensor | None = None) -> Tensor:
        """`trunc(input)`, the integer part."""
    def trunc_(self) -> Self:
        """`trunc(input)`, the integer part. In place: `input` keeps its shape and dtype."""
    def type_as(self, other: Tensor) -> Tensor:
        """The tensor with the dtype of another."""
    def unbind(self, dim: _int = 0) -> tuple[Tensor, ...]:
        """The entries of a dimension."""
    def unflatten(self, dim: _int, sizes: Sequence[_int]) -> Tensor:
        """Splits a dimension into several."""
    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor:
        """Windows along a dimension."""
    def uniform_(self, from_: _float = 0.0, /, to: _float = 1.0, *, generator: Generator | None = None) -> Self:
        """Uniform random numbers, in place."""
    def unique(
        self, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None
    ) -> Any:
        """Distinct elements, or entries of a dimension."""
    def unique_consecutive(
        self, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None
    ) -> Any:
        """Without repetitions of neighbours."""
    def unsafe_chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """At most so many equal parts, as of `unsafe_split`."""
    def unsafe_split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Parts of a size that are no views: in-place changes of them are not seen by the graph of the whole."""
    def unsafe_split_with_sizes(self, split_sizes: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Parts of given sizes, as of `unsafe_split`."""
    def unsqueeze(self, dim: _int) -> Tensor:
        """With a new dimension of size 1."""
    def unsqueeze_(self, dim: _int) -> Self:
        """`unsqueeze` in place."""
    @overload
    def var(
        self,
        dim: _int | Sequence[_int] | None = None,
        *,
        correction: _float | None = 1,
        keepdim: _bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """Variance."""
    @overload
    def var(self, unbiased: _bool) -> Tensor: ...
    @overload
    def var(
        self,
        dim: _int | Sequence[_int] | None,
        unbiased: _bool = True,
        keepdim: _bool = False,
        *,
        out: Tensor | None = None,
    ) -> Tensor: ...
    def vdot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Inner product of two vectors, the first conjugated."""
    @overload
    def view(self, size: Sequence[_int]) -> Tensor:
        """The same elements in another shape, without a copy; or their bytes as another dtype."""
    @overload
    def view(self, *size: _int) -> Tensor: ...
    @overload
    def view(self, dtype: _DtypeLike) -> Tensor: ...
    def view_as(self, other: Tensor) -> Tensor:
        """`view` in the shape of another tensor."""
    @overload
    def vsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Parts one above the other."""
    @overload
    def vsplit(self, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
    @overload
    def vsplit(self, *indices: _int) -> tuple[Tensor, ...]: ...
    def where(self, condition: Tensor, other: Tensor | _Number) -> Tensor:
        """The tensor where the condition holds, `other` elsewhere."""
    def xlog1py(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * log(1 + other)`, 0 where `input` is 0 and `other` is not NaN."""
    def xlog1py_(self, other: Tensor | _Number) -> Self:
        """`input * log(1 + other)`, 0 where `input` is 0 and `other` is not NaN. In place: `input` keeps its shape and
        dtype."""
    def xlogy(self, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * log(other)`, 0 where `input` is 0 and `other` is not NaN."""
    def xlogy_(self, other: Tensor | _Number) -> Self:
        """`input * log(other)`, 0 where `input` is 0 and `other` is not NaN. In place: `input` keeps its shape and
        dtype."""
    def zero_(self) -> Self:
        """Zeros everywhere, in place."""

_dtype_aliases: dict[str, dtype]
default_generator: Generator
bool: dtype
uint8: dtype
int8: dtype
int16: dtype
int32: dtype
int64: dtype
float16: dtype
bfloat16: dtype
float32: dtype
float64: dtype
complex64: dtype
complex128: dtype
uint16: dtype
uint32: dtype
uint64: dtype
float8_e4m3fn: dtype
float8_e4m3fnuz: dtype
float8_e5m2: dtype
float8_e5m2fnuz: dtype
float8_e8m0fnu: dtype
complex32: dtype
strided: layout
contiguous_format: memory_format
preserve_format: memory_format
channels_last: memory_format
channels_last_3d: memory_format

def tensor(
    data: Any,
    *,
    dtype: _DtypeLike | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor: ...
def as_tensor(data: Any, dtype: _DtypeLike | None = None, device: _DeviceLike | None = None) -> Tensor: ...
def from_numpy(ndarray: NDArray[Any]) -> Tensor: ...
def frombuffer(
    buffer: Any, *, dtype: _DtypeLike, count: _int = -1, offset: _int = 0, requires_grad: _bool = False
) -> Tensor: ...
def is_tensor(obj: object) -> _bool: ...
def get_default_dtype() -> dtype: ...
def _dtype_of(named: Any) -> dtype: ...
def set_default_dtype(d: dtype) -> None: ...
def get_default_device() -> device: ...
def set_default_device(device: _DeviceLike | None) -> None: ...
def promote_types(type1: _DtypeLike, type2: _DtypeLike) -> dtype: ...
def can_cast(from_: _DtypeLike, to: _DtypeLike) -> _bool: ...
def result_type(tensor1: Tensor | _Number, tensor2: Tensor | _Number) -> dtype: ...
def get_num_threads() -> _int: ...
def set_num_threads(n: _int) -> None: ...
def _cpu_capability() -> str: ...
def _host_memory() -> dict[str, _int]: ...
def _release_host_memory() -> None: ...
def _reset_peak_host_memory() -> None: ...
def _gpu_generator(index: _int) -> Generator: ...
def _seed_gpus(seed: _int) -> None: ...
def _gpu_adapters() -> list[dict[str, Any]]: ...
def _gpu_is_open() -> _bool: ...
def _gpu_after_fork() -> None: ...
def _gpu_finish() -> None: ...
def _gpu_synchronize(index: _int) -> None: ...
def _gpu_empty_cache(index: _int) -> None: ...
def _gpu_memory(index: _int) -> tuple[_int, _int, _int, _int]: ...
def _gpu_work(index: _int) -> tuple[_int, _int, _int, _int, _int]: ...
def _gpu_launches(index: _int) -> dict[str, _int]: ...
def _gpu_fallbacks(index: _int) -> dict[str, _int]: ...
def _gpu_reset_peak(index: _int) -> None: ...
def _gpu_current() -> _int: ...
def _gpu_kind() -> str: ...
def _set_gpus_are_cuda(on: _bool) -> None: ...
def _gpu_set_current(index: _int) -> None: ...
def _gpu_set_deterministic(on: _bool) -> None: ...
def _disabled_torch_function_impl(
    func: Callable[..., Any], types: Any, args: Any = None, kwargs: Any = None
) -> Any: ...
def _disabled_torch_dispatch_impl(
    func: Callable[..., Any], types: Any, args: Any = None, kwargs: Any = None
) -> Any: ...
def _call_for_subclass(cls: type[Tensor], func: Callable[..., Any], args: Any, kwargs: Any, converts: _bool) -> Any: ...
def _to_subclass(object: Any, cls: type[Tensor]) -> Any: ...
def _skip_one_hop_torch_function(func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any: ...
def _push_on_torch_function_stack(mode: Any) -> None: ...
def _pop_torch_function_stack() -> Any: ...
def _get_function_stack_at(ind: _int) -> Any: ...
def _len_torch_function_stack() -> _int: ...
def _is_torch_function_mode_enabled() -> _bool: ...
def _is_torch_function_enabled() -> _bool: ...
def _is_torch_function_all_disabled() -> _bool: ...
def _has_torch_function(relevant_args: Any) -> _bool: ...
def _has_torch_function_unary(tensor: Any) -> _bool: ...
def _has_torch_function_variadic(*args: Any) -> _bool: ...
def _len_torch_dispatch_stack() -> _int: ...
def _get_dispatch_stack_at(index: _int) -> Any: ...
def _push_on_torch_dispatch_stack(mode: Any) -> None: ...
def _pop_torch_dispatch_stack() -> Any: ...
def _nanoseconds() -> _int: ...
def _set_autocast_rules(rules: dict[str, Any] | None) -> None: ...
def _set_parameter_class(cls: type[Tensor]) -> None: ...
def _opaque_tensor(handle: Any, shape: list[int], dtype: dtype, device: device) -> Tensor: ...
def _opaque_handle(object: Any) -> Any: ...
def _has_torch_dispatch(object: Any) -> _bool: ...
def _overridable(
    function: Callable[..., Any],
    name: str,
    owner: _type | None = None,
    *,
    getter: _bool = False,
    unrecorded: Callable[..., Any] | None = None,
) -> Any: ...
def is_grad_enabled() -> _bool: ...
def is_inference_mode_enabled() -> _bool: ...
def is_anomaly_enabled() -> _bool: ...
def is_anomaly_check_nan_enabled() -> _bool: ...
def set_anomaly_enabled(mode: _bool, check_nan: _bool = True) -> None: ...
def _set_grad_enabled(mode: _bool) -> _bool: ...
def _set_inference_mode(mode: _bool) -> _bool: ...
def _tensor_from_storage(
    storage: UntypedStorage, dtype: dtype, offset: _int, size: Sequence[_int], stride: Sequence[_int]
) -> Tensor: ...
def _legacy_tensor(dtype: dtype, *args: Any, **kwargs: Any) -> Tensor: ...
def _find_op(place: str, name: str) -> Op: ...
def _devices() -> list[device]: ...
def _require_all(condition: Tensor, text: str, error: type[Exception]) -> None: ...
def _store_out(name: str, result: Tensor, out: Tensor) -> None: ...
def _refuse_overlap(name: str, target: Tensor, inputs: list[Tensor], apart: _bool) -> None: ...
def _live_nodes() -> _int: ...
def _enter_dual_level() -> _int: ...
def _exit_dual_level(level: _int) -> None: ...
def _make_dual(tensor: Tensor, tangent: Tensor, level: _int) -> Tensor: ...
def _unpack_dual(tensor: Tensor, level: _int) -> tuple[Tensor, Tensor | None]: ...
def _fw_grad(tensor: Tensor, level: _int) -> Tensor | None: ...
def _is_dual(tensor: Tensor) -> _bool: ...
def _is_fwd_grad_enabled() -> _bool: ...
def _set_fwd_grad_enabled(mode: _bool) -> _bool: ...
def _tensor_at_edge(node: Node, output_nr: _int) -> Tensor: ...
def _call_after_walk(function: Callable[[_bool], None]) -> None: ...
def _increment_version(tensor: Tensor) -> None: ...
def _push_saved_tensors_hooks(pack: Callable[[Tensor], Any], unpack: Callable[[Any], Tensor]) -> None: ...
def _pop_saved_tensors_hooks() -> None: ...
def _any_saved_tensors_hooks() -> _bool: ...
def _save_tensor(tensor: Tensor) -> SavedTensor: ...
def _current_graph_task_id() -> _int: ...
def _moment() -> _int: ...
def _origin(tensor: Tensor) -> Tensor: ...
def _leads_beyond(roots: Sequence[Tensor], marks: Sequence[Tensor]) -> _bool: ...
def _enter_transform() -> None: ...
def _give(tensor: Tensor) -> None: ...
def _leave_transform() -> None: ...
def _transforms() -> _int: ...
def _vmap_enter(size: _int, randomness: str) -> _int: ...
def _vmap_exit() -> None: ...
def _vmap_frames() -> list[tuple[_int, str]]: ...
def _vmap_suspend(on: _bool) -> _bool: ...
def _levels(tensor: Tensor) -> _int: ...
def _physical(tensor: Tensor) -> Tensor: ...
def _aligned(tensor: Tensor, levels: _int, rank: _int) -> Tensor: ...
def _batched(tensor: Tensor, levels: _int) -> Tensor: ...
def _spread(tensor: Tensor, levels: _int) -> Tensor: ...
def _add_batch_dim(tensor: Tensor, dim: _int, level: _int) -> Tensor: ...
def _remove_batch_dim(tensor: Tensor, level: _int, size: _int, dim: _int) -> Tensor: ...
def _batched_index_put_(
    target: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: _bool
) -> None: ...
def _as_one_node(name: str, since: _int, results: Sequence[Tensor]) -> list[Tensor]: ...
def _retell(result: Tensor, since: _int, shown: dict[str, Any]) -> None: ...
def _is_checkpoint_valid() -> _bool: ...
def _to_dlpack(tensor: Tensor, versioned: _bool, copied: _bool) -> Any: ...
def _from_dlpack(capsule: Any) -> Tensor: ...
def _attach_function(
    name: str,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    saved: Sequence[Tensor | None],
    rules: tuple[Callable[..., Any], Callable[..., Any]],
    context: Any,
    materialize: _bool,
) -> _SavedByFunction: ...
def _backward(
    roots: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    inputs: Sequence[Tensor],
    retain_graph: _bool,
    create_graph: _bool,
) -> None: ...
def _grad(
    roots: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    inputs: Sequence[Tensor],
    retain_graph: _bool,
    create_graph: _bool,
    many: _int | None = None,
) -> list[Tensor | None]: ...

class _ctc:
    @staticmethod
    def applies(tensor: Tensor, /) -> _bool: ...
    @staticmethod
    def losses(scores: Tensor, targets: tuple[Tensor, Tensor, Tensor], blank: _int, /) -> tuple[Tensor, Tensor]: ...
    @staticmethod
    def gradient(
        grad: Tensor,
        found: tuple[Tensor, Tensor],
        scores: Tensor,
        targets: tuple[Tensor, Tensor, Tensor],
        blank: _int,
        zero_infinity: _bool,
        /,
    ) -> Tensor: ...

class _cells:
    @staticmethod
    def applies(tensor: Tensor, /) -> _bool: ...
    @staticmethod
    def lstm(
        projected: Tensor, state: tuple[Tensor, Tensor], weight: Tensor, reverse: _bool, keep: _bool, /
    ) -> list[Tensor]: ...
    @staticmethod
    def lstm_backward(
        grads: tuple[Tensor, Tensor], weight: Tensor, cell: Tensor, kept: tuple[Tensor, Tensor], reverse: _bool, /
    ) -> list[Tensor]: ...
    @staticmethod
    def gru(
        projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor | None, reverse: _bool, keep: _bool, /
    ) -> list[Tensor]: ...
    @staticmethod
    def gru_backward(
        grad: Tensor, weight: Tensor, state: Tensor, kept: tuple[Tensor, Tensor], reverse: _bool, /
    ) -> list[Tensor]: ...

class _optim:
    @staticmethod
    def sgd(
        params: Sequence[Tensor],
        grads: Sequence[Tensor] | None,
        momentum_buffers: Sequence[Tensor] | None,
        lr: _float,
        momentum: _float,
        dampening: _float,
        weight_decay: _float,
        nesterov: _bool,
        maximize: _bool,
        first: _bool,
        /,
    ) -> _bool: ...
    @staticmethod
    def adam(
        params: Sequence[Tensor],
        grads: Sequence[Tensor] | None,
        exp_avgs: Sequence[Tensor],
        exp_avg_sqs: Sequence[Tensor],
        max_exp_avg_sqs: Sequence[Tensor] | None,
        steps: Sequence[Tensor],
        lr: _float,
        beta1: _float,
        beta2: _float,
        eps: _float,
        weight_decay: _float,
        maximize: _bool,
        decoupled: _bool,
        /,
    ) -> _bool: ...
    @staticmethod
    def rmsprop(
        params: Sequence[Tensor],
        grads: Sequence[Tensor] | None,
        square_avgs: Sequence[Tensor],
        momentum_buffers: Sequence[Tensor] | None,
        grad_avgs: Sequence[Tensor] | None,
        steps: Sequence[Tensor],
        lr: _float,
        alpha: _float,
        eps: _float,
        weight_decay: _float,
        momentum: _float,
        maximize: _bool,
        /,
    ) -> _bool: ...
    @staticmethod
    def adagrad(
        params: Sequence[Tensor],
        grads: Sequence[Tensor] | None,
        state_sums: Sequence[Tensor],
        steps: Sequence[Tensor],
        lr: _float,
        lr_decay: _float,
        weight_decay: _float,
        eps: _float,
        maximize: _bool,
        /,
    ) -> _bool: ...

class _linalg:
    @staticmethod
    def _as_pinv(input: Tensor, inverse: Tensor) -> Tensor:
        """A pseudoinverse that is differentiated by the matrices that it is of."""
    @staticmethod
    def _euclidean_dist(x1: Tensor, x2: Tensor) -> Tensor:
        """Euclidean distances between all rows of two batches of matrices, by a matrix product."""
    @staticmethod
    def cholesky(input: Tensor, *, upper: _bool = False, out: Tensor | None = None) -> Tensor:
        """L with `A = L L^H` of Hermitian positive-definite matrices; U with `A = U^H U` if `upper`."""
    @staticmethod
    def cholesky_ex(
        input: Tensor, *, upper: _bool = False, check_errors: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_cholesky_ex:
        """Cholesky factors, and for each matrix the order of the first leading minor that is not positive, or 0."""
    @staticmethod
    def cross(input: Tensor, other: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
        """Vector products along a dimension of size 3."""
    @staticmethod
    def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Determinants."""
    @staticmethod
    def diagonal(A: Tensor, *, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """The diagonals of matrices."""
    @staticmethod
    def eig(A: Tensor, *, out: Sequence[Tensor] | None = None) -> return_types.linalg_eig:
        """Eigenvalues and eigenvectors."""
    @staticmethod
    def eigh(A: Tensor, UPLO: str = "L", *, out: Sequence[Tensor] | None = None) -> return_types.linalg_eigh:
        """Eigenvalues and eigenvectors of Hermitian matrices."""
    @staticmethod
    def eigvals(A: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Eigenvalues."""
    @staticmethod
    def eigvalsh(A: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
        """Eigenvalues of Hermitian matrices."""
    @staticmethod
    def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The first columns of a product of reflectors."""
    @staticmethod
    def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Inverses."""
    @staticmethod
    def inv_ex(
        A: Tensor, *, check_errors: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_inv_ex:
        """Inverses, and for each matrix the number of the first pivot that is zero, or 0."""
    @staticmethod
    def ldl_factor(
        input: Tensor, *, hermitian: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_ldl_factor:
        """L and D of symmetric matrices (Hermitian if `hermitian`) in one, and LAPACK's pivots."""
    @staticmethod
    def ldl_factor_ex(
        input: Tensor, *, hermitian: _bool = False, check_errors: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_ldl_factor_ex:
        """L and D of symmetric matrices in one, LAPACK's pivots, and the number of the first block of D that is zero,
        or 0."""
    @staticmethod
    def ldl_solve(
        LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: _bool = False, out: Tensor | None = None
    ) -> Tensor:
        """X with `A X = B`, given the LDL factors of A."""
    @staticmethod
    def lstsq(
        input: Tensor,
        b: Tensor,
        rcond: _float | None = None,
        *,
        driver: str | None = None,
        out: Sequence[Tensor] | None = None,
    ) -> return_types.linalg_lstsq:
        """The shortest X with the least `|A X - B|`, residuals, ranks and singular values."""
    @staticmethod
    def lu(A: Tensor, *, pivot: _bool = True, out: Sequence[Tensor] | None = None) -> return_types.linalg_lu:
        """P, L and U with `A = P L U`."""
    @staticmethod
    def lu_factor(
        A: Tensor, *, pivot: _bool = True, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_lu_factor:
        """LU factors in one matrix, and pivots counted from 1."""
    @staticmethod
    def lu_factor_ex(
        A: Tensor, *, pivot: _bool = True, check_errors: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_lu_factor_ex:
        """LU factors in one matrix, pivots counted from 1, and for each matrix the number of the first pivot that is
        zero, or 0."""
    @staticmethod
    def lu_solve(
        LU: Tensor, pivots: Tensor, B: Tensor, *, left: _bool = True, adjoint: _bool = False, out: Tensor | None = None
    ) -> Tensor:
        """X with `A X = B` (`X A = B` unless `left`), given the LU factors of A; with `adjoint` for the adjoint of
        A."""
    @staticmethod
    def matrix_exp(A: Tensor) -> Tensor:
        """Exponentials of matrices."""
    @staticmethod
    def qr(A: Tensor, mode: str = "reduced", *, out: Sequence[Tensor] | None = None) -> return_types.linalg_qr:
        """Q with orthonormal columns and upper triangular R with `A = Q R`."""
    @staticmethod
    def slogdet(A: Tensor, *, out: Sequence[Tensor] | None = None) -> return_types.linalg_slogdet:
        """Signs of determinants, and the logarithms of their moduli."""
    @staticmethod
    def solve(A: Tensor, B: Tensor, *, left: _bool = True, out: Tensor | None = None) -> Tensor:
        """X with `A X = B` (`X A = B` unless `left`)."""
    @staticmethod
    def solve_ex(
        A: Tensor, B: Tensor, *, left: _bool = True, check_errors: _bool = False, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_solve_ex:
        """X with `A X = B` (`X A = B` unless `left`), and for each matrix the number of the first pivot that is zero,
        or 0."""
    @staticmethod
    def solve_triangular(
        input: Tensor,
        B: Tensor,
        *,
        upper: _bool,
        left: _bool = True,
        unitriangular: _bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """X with `A X = B` (`X A = B` unless `left`) for triangular A."""
    @staticmethod
    def svd(
        A: Tensor, full_matrices: _bool = True, *, driver: str | None = None, out: Sequence[Tensor] | None = None
    ) -> return_types.linalg_svd:
        """U, singular values S and V^H with `A = U diag(S) V^H`."""
    @staticmethod
    def svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
        """Singular values."""
    @staticmethod
    def vecdot(x: Tensor, y: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
        """Inner products of vectors along a dimension, the first ones conjugated."""
    @staticmethod
    def vector_norm(
        input: Tensor,
        ord: _Number = 2,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _DtypeLike | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Norm of vectors: `sum(|x|^ord)^(1/ord)` over dimensions, or of all elements."""

class _special:
    @staticmethod
    def airy_ai(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`Ai(input)`, the Airy function."""
    @staticmethod
    def bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`J0(input)`, the Bessel function of the first kind of order 0."""
    @staticmethod
    def bessel_j1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`J1(input)`, the Bessel function of the first kind of order 1."""
    @staticmethod
    def bessel_y0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`Y0(input)`, the Bessel function of the second kind of order 0."""
    @staticmethod
    def bessel_y1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`Y1(input)`, the Bessel function of the second kind of order 1."""
    @overload
    @staticmethod
    def chebyshev_polynomial_t(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`T_b(x)`, the Chebyshev polynomial of the first kind of degree `n`."""
    @overload
    @staticmethod
    def chebyshev_polynomial_t(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def chebyshev_polynomial_u(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`U_b(x)`, the Chebyshev polynomial of the second kind of degree `n`."""
    @overload
    @staticmethod
    def chebyshev_polynomial_u(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def chebyshev_polynomial_v(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`V_b(x)`, the Chebyshev polynomial of the third kind of degree `n`."""
    @overload
    @staticmethod
    def chebyshev_polynomial_v(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def chebyshev_polynomial_w(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`W_b(x)`, the Chebyshev polynomial of the fourth kind of degree `n`."""
    @overload
    @staticmethod
    def chebyshev_polynomial_w(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @staticmethod
    def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function."""
    @staticmethod
    def entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`-input ln(input)`, 0 at 0 and `-inf` below."""
    @staticmethod
    def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`erf(input)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to input`."""
    @staticmethod
    def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`1 - erf(input)`, accurate for large `input`."""
    @staticmethod
    def erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^(input^2) (1 - erf(input))`."""
    @staticmethod
    def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`y` with `erf(y) = input`, the inverse of the error function."""
    @staticmethod
    def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`2^input`."""
    @staticmethod
    def expit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`1 / (1 + e^-input)`."""
    @staticmethod
    def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^input - 1`, accurate near 0."""
    @staticmethod
    def gammainc(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`P(input, other)`, the regularised lower incomplete gamma function."""
    @staticmethod
    def gammaincc(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`1 - P(input, other)`, the regularised upper incomplete gamma function."""
    @staticmethod
    def gammaln(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`ln(|Gamma(input)|)`."""
    @overload
    @staticmethod
    def hermite_polynomial_h(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`H_b(x)`, the physicists' Hermite polynomial of degree `n`."""
    @overload
    @staticmethod
    def hermite_polynomial_h(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def hermite_polynomial_he(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`He_b(x)`, the statisticians' Hermite polynomial of degree `n`."""
    @overload
    @staticmethod
    def hermite_polynomial_he(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @staticmethod
    def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`I0(input)`, the modified Bessel function of the first kind of order 0."""
    @staticmethod
    def i0e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^-|input| I0(input)`."""
    @staticmethod
    def i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`I1(input)`, the modified Bessel function of the first kind of order 1."""
    @staticmethod
    def i1e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^-|input| I1(input)`."""
    @overload
    @staticmethod
    def laguerre_polynomial_l(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`L_b(x)`, the Laguerre polynomial of degree `n`."""
    @overload
    @staticmethod
    def laguerre_polynomial_l(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def legendre_polynomial_p(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`P_b(x)`, the Legendre polynomial of degree `n`."""
    @overload
    @staticmethod
    def legendre_polynomial_p(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @staticmethod
    def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log(1 + input)`, accurate near 0."""
    @staticmethod
    def log_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The logarithm of the probability that a standard normal variable is at most `input`."""
    @staticmethod
    def modified_bessel_i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`I0(input)`, the modified Bessel function of the first kind of order 0."""
    @staticmethod
    def modified_bessel_i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`I1(input)`, the modified Bessel function of the first kind of order 1."""
    @staticmethod
    def modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`K0(input)`, the modified Bessel function of the second kind of order 0."""
    @staticmethod
    def modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`K1(input)`, the modified Bessel function of the second kind of order 1."""
    @staticmethod
    def ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The probability that a standard normal variable is at most `input`."""
    @staticmethod
    def ndtri(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The number that a standard normal variable is below with probability `input`."""
    @staticmethod
    def psi(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function."""
    @staticmethod
    def scaled_modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^input K0(input)`."""
    @staticmethod
    def scaled_modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`e^input K1(input)`."""
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_t(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`T_b(2 x - 1)`, the shifted Chebyshev polynomial of the first kind of degree `n`."""
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_t(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_u(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`U_b(2 x - 1)`, the shifted Chebyshev polynomial of the second kind of degree `n`."""
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_u(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_v(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`V_b(2 x - 1)`, the shifted Chebyshev polynomial of the third kind of degree `n`."""
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_v(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_w(x: Tensor, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`W_b(2 x - 1)`, the shifted Chebyshev polynomial of the fourth kind of degree `n`."""
    @overload
    @staticmethod
    def shifted_chebyshev_polynomial_w(x: _Number, n: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @staticmethod
    def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`sin(pi input) / (pi input)`, 1 at 0."""
    @staticmethod
    def spherical_bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`sin(input) / input`, the spherical Bessel function of the first kind of order 0."""
    @overload
    @staticmethod
    def xlog1py(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * log(1 + other)`, 0 where `input` is 0 and `other` is not NaN."""
    @overload
    @staticmethod
    def xlog1py(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def xlogy(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """`input * log(other)`, 0 where `input` is 0 and `other` is not NaN."""
    @overload
    @staticmethod
    def xlogy(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    @overload
    @staticmethod
    def zeta(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
        """Hurwitz' zeta function `sum over k of 1 / (k + other)^input`."""
    @overload
    @staticmethod
    def zeta(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

class _fft:
    @staticmethod
    def fft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The discrete Fourier transform along a dimension."""
    @staticmethod
    def fft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The discrete Fourier transform along two dimensions."""
    @staticmethod
    def fftfreq(
        n: _int,
        d: _float = 1.0,
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """The frequencies of the coefficients of `fft`."""
    @staticmethod
    def fftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The discrete Fourier transform along several dimensions."""
    @staticmethod
    def fftshift(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """The coefficient of frequency 0 moved to the middle."""
    @staticmethod
    def hfft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The real transform of the first half of numbers of which the others are the conjugates."""
    @staticmethod
    def hfft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """`hfft` along the last of two dimensions, `fft` along the first."""
    @staticmethod
    def hfftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """`hfft` along the last of several dimensions, `fft` along the others."""
    @staticmethod
    def ifft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The inverse of `fft`."""
    @staticmethod
    def ifft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `fft2`."""
    @staticmethod
    def ifftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `fftn`."""
    @staticmethod
    def ifftshift(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """The inverse of `fftshift`."""
    @staticmethod
    def ihfft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The inverse of `hfft`."""
    @staticmethod
    def ihfft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `hfft2`."""
    @staticmethod
    def ihfftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `hfftn`."""
    @staticmethod
    def irfft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The inverse of `rfft`."""
    @staticmethod
    def irfft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `rfft2`."""
    @staticmethod
    def irfftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The inverse of `rfftn`."""
    @staticmethod
    def rfft(
        input: Tensor, n: _int | None = None, dim: _int = -1, norm: str | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """The first half of the coefficients of real numbers."""
    @staticmethod
    def rfft2(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] = (-2, -1),
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """`rfft` along the last of two dimensions, `fft` along the first."""
    @staticmethod
    def rfftfreq(
        n: _int,
        d: _float = 1.0,
        *,
        dtype: _DtypeLike | None = None,
        layout: _layout | None = None,
        device: _DeviceLike | None = None,
        requires_grad: _bool = False,
        pin_memory: _bool = False,
        out: Tensor | None = None,
    ) -> Tensor:
        """The frequencies of the coefficients of `rfft`."""
    @staticmethod
    def rfftn(
        input: Tensor,
        s: _int | Sequence[_int] | None = None,
        dim: _int | Sequence[_int] | None = None,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """`rfft` along the last of several dimensions, `fft` along the others."""

class _nn:
    @staticmethod
    def _conv_each(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        groups: _int = 1,
    ) -> Tensor:
        """Convolutions of samples, in the first dimension, by a weight each."""
    @staticmethod
    def _conv_transpose_each(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        output_padding: _int | Sequence[_int] = 0,
        groups: _int = 1,
        dilation: _int | Sequence[_int] = 1,
    ) -> Tensor:
        """Transposed convolutions of samples, in the first dimension, by a weight each."""
    @staticmethod
    def adaptive_avg_pool1d(input: Tensor, output_size: _int | Sequence[_int]) -> Tensor:
        """Pooling to a size."""
    @staticmethod
    def adaptive_avg_pool2d(input: Tensor, output_size: _int | Sequence[_int]) -> Tensor:
        """Pooling to a size."""
    @staticmethod
    def adaptive_avg_pool3d(input: Tensor, output_size: _int | Sequence[_int]) -> Tensor:
        """Pooling to a size."""
    @staticmethod
    def adaptive_max_pool1d_with_indices(input: Tensor, output_size: _int | Sequence[_int]) -> tuple[Tensor, Tensor]:
        """Pooling to a size."""
    @staticmethod
    def adaptive_max_pool2d_with_indices(input: Tensor, output_size: _int | Sequence[_int]) -> tuple[Tensor, Tensor]:
        """Pooling to a size."""
    @staticmethod
    def adaptive_max_pool3d_with_indices(input: Tensor, output_size: _int | Sequence[_int]) -> tuple[Tensor, Tensor]:
        """Pooling to a size."""
    @staticmethod
    def avg_pool1d(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        ceil_mode: _bool = False,
        count_include_pad: _bool = True,
        divisor_override: _int | None = None,
    ) -> Tensor:
        """Mean of each window."""
    @staticmethod
    def avg_pool2d(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        ceil_mode: _bool = False,
        count_include_pad: _bool = True,
        divisor_override: _int | None = None,
    ) -> Tensor:
        """Mean of each window."""
    @staticmethod
    def avg_pool3d(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        ceil_mode: _bool = False,
        count_include_pad: _bool = True,
        divisor_override: _int | None = None,
    ) -> Tensor:
        """Mean of each window."""
    @staticmethod
    def batch_norm(
        input: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        training: _bool,
        momentum: _float,
        eps: _float,
    ) -> Tensor:
        """Normalises channels over a batch."""
    @staticmethod
    def binary_cross_entropy(
        input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
    ) -> Tensor:
        """Cross entropy of probabilities."""
    @staticmethod
    def binary_cross_entropy_with_logits(
        input: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        pos_weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> Tensor:
        """Cross entropy of logits."""
    @staticmethod
    def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
        """Groups of channels, interleaved."""
    @staticmethod
    def conv1d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        groups: _int = 1,
    ) -> Tensor:
        """Convolution."""
    @staticmethod
    def conv2d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        groups: _int = 1,
    ) -> Tensor:
        """Convolution."""
    @staticmethod
    def conv3d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        groups: _int = 1,
    ) -> Tensor:
        """Convolution."""
    @staticmethod
    def conv_transpose1d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        output_padding: _int | Sequence[_int] = 0,
        groups: _int = 1,
        dilation: _int | Sequence[_int] = 1,
    ) -> Tensor:
        """Transposed convolution."""
    @staticmethod
    def conv_transpose2d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        output_padding: _int | Sequence[_int] = 0,
        groups: _int = 1,
        dilation: _int | Sequence[_int] = 1,
    ) -> Tensor:
        """Transposed convolution."""
    @staticmethod
    def conv_transpose3d(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: _int | Sequence[_int] = 1,
        padding: _int | Sequence[_int] = 0,
        output_padding: _int | Sequence[_int] = 0,
        groups: _int = 1,
        dilation: _int | Sequence[_int] = 1,
    ) -> Tensor:
        """Transposed convolution."""
    @staticmethod
    def cross_entropy(
        input: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction: str = "mean",
        ignore_index: _int = -100,
        label_smoothing: _float = 0.0,
    ) -> Tensor:
        """Cross entropy of logits and classes, or probabilities of classes."""
    @staticmethod
    def dropout(input: Tensor, p: _float = 0.5, training: _bool = True) -> Tensor:
        """Zeros at random, scaled."""
    @staticmethod
    def elu(input: Tensor, alpha: _float = 1.0, scale: _float = 1.0, input_scale: _float = 1.0) -> Tensor:
        """Exponential linear unit."""
    @staticmethod
    def embedding(
        weight: Tensor,
        indices: Tensor,
        padding_idx: _int | None = None,
        scale_grad_by_freq: _bool = False,
        sparse: _bool = False,
    ) -> Tensor:
        """Rows of a table."""
    @staticmethod
    def gelu(input: Tensor, approximate: str = "none") -> Tensor:
        """`x * Phi(x)`."""
    @staticmethod
    def glu(input: Tensor, dim: _int = -1) -> Tensor:
        """One half times the sigmoid of the other."""
    @staticmethod
    def grid_sample(input: Tensor, grid: Tensor, mode: str, padding_mode: str, align_corners: _bool) -> Tensor:
        """Samples of images at the points of grids."""
    @staticmethod
    def group_norm(
        input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05
    ) -> Tensor:
        """Normalises groups of channels."""
    @staticmethod
    def hardshrink(input: Tensor, lambd: _float = 0.5) -> Tensor:
        """0 within lambda."""
    @staticmethod
    def hardsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`min(max(input + 3, 0), 6) / 6`."""
    @staticmethod
    def hardswish(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`input * hardsigmoid(input)`."""
    @staticmethod
    def hardtanh(input: Tensor, min_val: _float = -1.0, max_val: _float = 1.0) -> Tensor:
        """Limits to a range."""
    @staticmethod
    def has_kernel_to_resize(input: Tensor, size: Sequence[_int]) -> _bool:
        """Does the device resize by one kernel?"""
    @staticmethod
    def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: _float = 1.0) -> Tensor:
        """Squared near 0, linear beyond."""
    @staticmethod
    def in_format_of(input: Tensor, model: Tensor) -> Tensor:
        """A tensor in the memory format that another has."""
    @staticmethod
    def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        """Mean absolute error."""
    @staticmethod
    def layer_norm(
        input: Tensor,
        normalized_shape: _int | Sequence[_int],
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: _float = 1e-05,
    ) -> Tensor:
        """Normalises the last dimensions."""
    @staticmethod
    def leaky_relu(input: Tensor, negative_slope: _float = 0.01) -> Tensor:
        """`x`, or `slope * x` where negative."""
    @staticmethod
    def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
        """`input @ weight.T + bias`."""
    @staticmethod
    def log_sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log(sigmoid(input))`."""
    @staticmethod
    def max_pool1d_with_indices(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        ceil_mode: _bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Largest of each window, with its position."""
    @staticmethod
    def max_pool2d_with_indices(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        ceil_mode: _bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Largest of each window, with its position."""
    @staticmethod
    def max_pool3d_with_indices(
        input: Tensor,
        kernel_size: _int | Sequence[_int],
        stride: _int | Sequence[_int] = (),
        padding: _int | Sequence[_int] = 0,
        dilation: _int | Sequence[_int] = 1,
        ceil_mode: _bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Largest of each window, with its position."""
    @staticmethod
    def mish(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`input * tanh(softplus(input))`."""
    @staticmethod
    def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        """Mean squared error."""
    @staticmethod
    def nll_loss(
        input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", ignore_index: _int = -100
    ) -> Tensor:
        """Negative log likelihood."""
    @staticmethod
    def pad(input: Tensor, pad: Sequence[_int], mode: str = "constant", value: _float | None = 0) -> Tensor:
        """Padding at the ends of dimensions."""
    @staticmethod
    def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
        """Channels as pixels."""
    @staticmethod
    def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
        """Pixels as channels."""
    @staticmethod
    def prelu(input: Tensor, weight: Tensor) -> Tensor:
        """`x`, or `weight * x` where negative, with a weight for each channel."""
    @staticmethod
    def relu(input: Tensor) -> Tensor:
        """`max(input, 0)`; NaN stays."""
    @staticmethod
    def relu6(input: Tensor) -> Tensor:
        """`min(max(x, 0), 6)`."""
    @staticmethod
    def resized(
        input: Tensor,
        size: Sequence[_int],
        filter: str,
        align_corners: _bool,
        step0: _float,
        step1: _float = 1.0,
        step2: _float = 1.0,
    ) -> Tensor:
        """Images of another size, by one kernel."""
    @staticmethod
    def rms_norm(
        input: Tensor, normalized_shape: _int | Sequence[_int], weight: Tensor | None = None, eps: _float | None = None
    ) -> Tensor:
        """Divides by the root of the mean square."""
    @staticmethod
    def scaled_dot_product_attention(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: _float = 0.0,
        is_causal: _bool = False,
        scale: _float | None = None,
        enable_gqa: _bool = False,
    ) -> Tensor:
        """`softmax(query @ key.T * scale + mask) @ value`."""
    @staticmethod
    def silu(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`input * sigmoid(input)`."""
    @staticmethod
    def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: _float = 1.0) -> Tensor:
        """Squared near 0, absolute beyond."""
    @staticmethod
    def softplus(input: Tensor, beta: _float = 1.0, threshold: _float = 20.0) -> Tensor:
        """`log(1 + exp(beta * x)) / beta`."""
    @staticmethod
    def softshrink(input: Tensor, lambd: _float = 0.5) -> Tensor:
        """Towards 0 by lambda."""
    @staticmethod
    def threshold(input: Tensor, threshold: _float, value: _float) -> Tensor:
        """`x` above a threshold, else a value."""

def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """How numbers of Dirichlet samples move with their concentrations `alpha`, but for what all of a sample share."""

def _einsum(equation: str, operands: Sequence[Tensor]) -> Tensor:
    """Sum of products by an equation."""

def _fft_c2c(
    input: Tensor, dim: Sequence[_int], normalization: _int, forward: _bool, *, out: Tensor | None = None
) -> Tensor:
    """The transform of complex numbers."""

def _fft_c2r(
    input: Tensor, dim: Sequence[_int], normalization: _int, last_dim_size: _int, *, out: Tensor | None = None
) -> Tensor:
    """The transform to real numbers."""

def _fft_r2c(
    input: Tensor, dim: Sequence[_int], normalization: _int, onesided: _bool, *, out: Tensor | None = None
) -> Tensor:
    """The transform of real numbers."""

def _neg_view(input: Tensor) -> Tensor:
    """The negative, as a view."""

def _sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Samples of Dirichlet distributions, differentiable by the concentrations in the last dimension."""

def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma random numbers of scale 1 with the shape parameters of a tensor, differentiable by these."""

def _standard_gamma_grad(input: Tensor, output: Tensor) -> Tensor:
    """How gamma samples `output` move with their shape parameters `input`."""

def _tensordot(a: Tensor, b: Tensor, dims_a: Sequence[_int], dims_b: Sequence[_int]) -> Tensor:
    """Contraction over pairs of dimensions."""

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`|input|`; real for complex input."""

def abs_(input: Tensor) -> Tensor:
    """`|input|`; real for complex input. In place: `input` keeps its shape and dtype."""

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`|input|`; real for complex input."""

def absolute_(input: Tensor) -> Tensor:
    """`|input|`; real for complex input. In place: `input` keeps its shape and dtype."""

def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arccos(input)`."""

def acos_(input: Tensor) -> Tensor:
    """`arccos(input)`. In place: `input` keeps its shape and dtype."""

def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arcosh(input)`."""

def acosh_(input: Tensor) -> Tensor:
    """`arcosh(input)`. In place: `input` keeps its shape and dtype."""

@overload
def add(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """`input + alpha * other`."""

@overload
def add(input: Tensor, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
@overload
def add(input: Tensor, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * sum(batch1 @ batch2)`."""

@overload
def addbmm(input: Tensor, beta: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addbmm(
    input: Tensor, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addbmm(beta: _Number, input: Tensor, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addbmm(
    beta: _Number, input: Tensor, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addcdiv(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`input + value * tensor1 / tensor2`."""

@overload
def addcdiv(
    input: Tensor, value: _Number, tensor1: Tensor, tensor2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addcmul(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`input + value * tensor1 * tensor2`."""

@overload
def addcmul(
    input: Tensor, value: _Number, tensor1: Tensor, tensor2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * mat1 @ mat2`."""

@overload
def addmm(input: Tensor, beta: _Number, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addmm(
    input: Tensor, beta: _Number, alpha: _Number, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addmm(beta: _Number, input: Tensor, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addmm(
    beta: _Number, input: Tensor, alpha: _Number, mat1: Tensor, mat2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * mat @ vec`."""

@overload
def addmv(input: Tensor, beta: _Number, mat: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addmv(
    input: Tensor, beta: _Number, alpha: _Number, mat: Tensor, vec: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addmv(beta: _Number, input: Tensor, mat: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addmv(
    beta: _Number, input: Tensor, alpha: _Number, mat: Tensor, vec: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """`beta * input + alpha * mat @ vec`."""

@overload
def addmv_(input: Tensor, beta: _Number, mat: Tensor, vec: Tensor) -> Tensor: ...
@overload
def addmv_(input: Tensor, beta: _Number, alpha: _Number, mat: Tensor, vec: Tensor) -> Tensor: ...
@overload
def addmv_(beta: _Number, input: Tensor, mat: Tensor, vec: Tensor) -> Tensor: ...
@overload
def addmv_(beta: _Number, input: Tensor, alpha: _Number, mat: Tensor, vec: Tensor) -> Tensor: ...
@overload
def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * outer(vec1, vec2)`."""

@overload
def addr(input: Tensor, beta: _Number, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addr(
    input: Tensor, beta: _Number, alpha: _Number, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def addr(beta: _Number, input: Tensor, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def addr(
    beta: _Number, input: Tensor, alpha: _Number, vec1: Tensor, vec2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
def adjoint(input: Tensor) -> Tensor:
    """Conjugate transpose of matrices."""

def all(
    input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Is every element not zero?"""

def allclose(
    input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
) -> _bool:
    """Are all elements close?"""

def amax(
    input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Largest over dimensions."""

def amin(
    input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Smallest over dimensions."""

def aminmax(
    input: Tensor, *, dim: _int | None = None, keepdim: _bool = False, out: Sequence[Tensor] | None = None
) -> return_types.aminmax:
    """Smallest and largest."""

def any(
    input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Is any element not zero?"""

@overload
def arange(
    end: _Number,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Numbers from `start` to below `end` in steps."""

@overload
def arange(
    start: _Number,
    end: _Number,
    step: _Number = 1,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arccos(input)`."""

def arccos_(input: Tensor) -> Tensor:
    """`arccos(input)`. In place: `input` keeps its shape and dtype."""

def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arcosh(input)`."""

def arccosh_(input: Tensor) -> Tensor:
    """`arcosh(input)`. In place: `input` keeps its shape and dtype."""

def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arcsin(input)`."""

def arcsin_(input: Tensor) -> Tensor:
    """`arcsin(input)`. In place: `input` keeps its shape and dtype."""

def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arsinh(input)`."""

def arcsinh_(input: Tensor) -> Tensor:
    """`arsinh(input)`. In place: `input` keeps its shape and dtype."""

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arctan(input)`."""

def arctan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant."""

def arctan_(input: Tensor) -> Tensor:
    """`arctan(input)`. In place: `input` keeps its shape and dtype."""

def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`artanh(input)`."""

def arctanh_(input: Tensor) -> Tensor:
    """`artanh(input)`. In place: `input` keeps its shape and dtype."""

def argmax(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Index of the largest."""

def argmin(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Index of the smallest."""

def argsort(
    input: Tensor, dim: _int = -1, descending: _bool = False, stable: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Indices that sort a dimension."""

def argwhere(input: Tensor) -> Tensor:
    """Coordinates of what is not zero."""

def as_strided(
    input: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """A window into the storage."""

def as_strided_(
    input: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """`as_strided` in place."""

def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """A copy with a window replaced."""

def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arcsin(input)`."""

def asin_(input: Tensor) -> Tensor:
    """`arcsin(input)`. In place: `input` keeps its shape and dtype."""

def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arsinh(input)`."""

def asinh_(input: Tensor) -> Tensor:
    """`arsinh(input)`. In place: `input` keeps its shape and dtype."""

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`arctan(input)`."""

def atan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point `(other, input)`, the arctangent of `input / other` in the right quadrant."""

def atan_(input: Tensor) -> Tensor:
    """`arctan(input)`. In place: `input` keeps its shape and dtype."""

def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`artanh(input)`."""

def atanh_(input: Tensor) -> Tensor:
    """`artanh(input)`. In place: `input` keeps its shape and dtype."""

@overload
def atleast_1d(input: Tensor) -> Tensor:
    """With at least one dimension."""

@overload
def atleast_1d(tensors: Sequence[Tensor] = ()) -> tuple[Tensor, ...]: ...
@overload
def atleast_1d(*tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(input: Tensor) -> Tensor:
    """With at least two dimensions."""

@overload
def atleast_2d(tensors: Sequence[Tensor] = ()) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(*tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(input: Tensor) -> Tensor:
    """With at least three dimensions."""

@overload
def atleast_3d(tensors: Sequence[Tensor] = ()) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(*tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * batch1 @ batch2`."""

@overload
def baddbmm(input: Tensor, beta: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def baddbmm(
    input: Tensor, beta: _Number, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def baddbmm(beta: _Number, input: Tensor, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def baddbmm(
    beta: _Number, input: Tensor, alpha: _Number, batch1: Tensor, batch2: Tensor, *, out: Tensor | None = None
) -> Tensor: ...
@overload
def bernoulli(input: Tensor, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """1 with a probability, else 0."""

@overload
def bernoulli(input: Tensor, p: _float, *, generator: Generator | None = None) -> Tensor: ...
def bincount(input: Tensor, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
    """How often each integer occurs."""

def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` trials succeed with probability `prob`: tensors of one float dtype, broadcast."""

@overload
def bitwise_and(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input & other`, bitwise and."""

@overload
def bitwise_and(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def bitwise_left_shift(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input << other`; 0 where `other` is negative or not below the width."""

@overload
def bitwise_left_shift(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`~input`, the bitwise complement; logical not for bool."""

def bitwise_not_(input: Tensor) -> Tensor:
    """`~input`, the bitwise complement; logical not for bool. In place: `input` keeps its shape and dtype."""

@overload
def bitwise_or(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input | other`, bitwise or."""

@overload
def bitwise_or(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def bitwise_right_shift(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input >> other`, arithmetic for signed dtypes; a shift that is negative or not below the width acts as width -
    1."""

@overload
def bitwise_right_shift(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def bitwise_xor(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input ^ other`, bitwise exclusive or."""

@overload
def bitwise_xor(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def block_diag(tensors: Sequence[Tensor] = ()) -> Tensor:
    """Blocks along the diagonal; of none a matrix of size (1, 0)."""

@overload
def block_diag(*tensors: Tensor) -> Tensor: ...
def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Products of a batch of matrices."""

@overload
def broadcast_tensors(tensors: Sequence[Tensor] = ()) -> tuple[Tensor, ...]:
    """Broadcasts tensors to one size."""

@overload
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def broadcast_to(input: Tensor, size: Sequence[_int]) -> Tensor:
    """Broadcasts to a size."""

@overload
def broadcast_to(input: Tensor, *size: _int) -> Tensor: ...
def bucketize(
    input: Tensor | _Number,
    boundaries: Tensor,
    *,
    out_int32: _bool = False,
    right: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Numbers of the intervals between boundaries."""

@overload
def cartesian_prod(tensors: Sequence[Tensor] = ()) -> Tensor:
    """All combinations of elements."""

@overload
def cartesian_prod(*tensors: Tensor) -> Tensor: ...
def cat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """Joins tensors along a dimension."""

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`ceil(input)`, the smallest integer not below."""

def ceil_(input: Tensor) -> Tensor:
    """`ceil(input)`, the smallest integer not below. In place: `input` keeps its shape and dtype."""

def cholesky_inverse(input: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of A, given its Cholesky factor."""

def cholesky_solve(input: Tensor, input2: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """X with `A X = input`, given the Cholesky factor of A."""

def chunk(input: Tensor, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """At most so many equal parts."""

def clamp(
    input: Tensor,
    min: Tensor | _Number | None = None,
    max: Tensor | _Number | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Limits to `[min, max]`; either may be absent."""

def clamp_(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
    """Limits to `[min, max]`; either may be absent."""

def clamp_max(input: Tensor, max: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Not above `max`."""

def clamp_max_(input: Tensor, max: Tensor | _Number) -> Tensor:
    """Not above `max`."""

def clamp_min(input: Tensor, min: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Not below `min`."""

def clamp_min_(input: Tensor, min: Tensor | _Number) -> Tensor:
    """Not below `min`."""

def clip(
    input: Tensor,
    min: Tensor | _Number | None = None,
    max: Tensor | _Number | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Limits to `[min, max]`; either may be absent."""

def clip_(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
    """Limits to `[min, max]`; either may be absent."""

def clone(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """A copy."""

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """As columns."""

def combinations(input: Tensor, r: _int = 2, with_replacement: _bool = False) -> Tensor:
    """Combinations of elements."""

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers of their parts."""

def concat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """Joins tensors along a dimension."""

def concatenate(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """Joins tensors along a dimension."""

def conj(input: Tensor) -> Tensor:
    """The complex conjugate as a view; a real tensor itself."""

def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate; a real tensor itself."""

def conj_physical_(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""

def constant_pad_nd(input: Tensor, pad: Sequence[_int], value: _Number = 0) -> Tensor:
    """Padding with a number."""

def copysign(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`|input|` with the sign of `other`."""

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`cos(input)`."""

def cos_(input: Tensor) -> Tensor:
    """`cos(input)`. In place: `input` keeps its shape and dtype."""

def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`cosh(input)`."""

def cosh_(input: Tensor) -> Tensor:
    """`cosh(input)`. In place: `input` keeps its shape and dtype."""

def count_nonzero(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """Number of elements that are not zero."""

def cross(input: Tensor, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Vector products along a dimension of size 3, the first such where none is named."""

def cummax(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> return_types.cummax:
    """Running maximum and its index."""

def cummin(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> return_types.cummin:
    """Running minimum and its index."""

def cumprod(input: Tensor, dim: _int, *, dtype: _DtypeLike | None = None, out: Tensor | None = None) -> Tensor:
    """Running product."""

def cumsum(input: Tensor, dim: _int, *, dtype: _DtypeLike | None = None, out: Tensor | None = None) -> Tensor:
    """Running sum."""

def det(input: Tensor) -> Tensor:
    """Determinants."""

def diag(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """A diagonal, or a matrix with one."""

def diag_embed(input: Tensor, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """Matrices with diagonals."""

def diagflat(input: Tensor, offset: _int = 0) -> Tensor:
    """A matrix with a diagonal."""

def diagonal(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """The diagonal of two dimensions."""

def diagonal_scatter(input: Tensor, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A copy with a diagonal replaced."""

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function."""

def digamma_(input: Tensor) -> Tensor:
    """`Gamma'(input) / Gamma(input)`, the logarithmic derivative of the gamma function. In place: `input` keeps its
    shape and dtype."""

def div(
    input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """`input / other`, rounded if asked."""

def divide(
    input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """`input / other`, rounded if asked."""

def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inner product of two vectors."""

@overload
def dsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Parts in depth."""

@overload
def dsplit(input: Tensor, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
@overload
def dsplit(input: Tensor, *indices: _int) -> tuple[Tensor, ...]: ...
def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """In depth."""

@overload
def empty(
    size: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: memory_format | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A tensor with undefined contents."""

@overload
def empty(
    *size: _int,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: memory_format | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
def empty_like(
    input: Tensor,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """Undefined contents, in the form of a tensor."""

def empty_permuted(
    size: Sequence[_int],
    physical_layout: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """Undefined contents with dimensions in a memory order."""

def empty_strided(
    size: Sequence[_int],
    stride: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """Undefined contents with strides of one's own."""

def eq(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input == other`."""

def equal(input: Tensor, other: Tensor) -> _bool:
    """Same shape and elements?"""

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`erf(input)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to input`."""

def erf_(input: Tensor) -> Tensor:
    """`erf(input)`, the error function `2 / sqrt(pi) * integral of e^(-t^2) from 0 to input`. In place: `input` keeps
    its shape and dtype."""

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 - erf(input)`, accurate for large `input`."""

def erfc_(input: Tensor) -> Tensor:
    """`1 - erf(input)`, accurate for large `input`. In place: `input` keeps its shape and dtype."""

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`y` with `erf(y) = input`, the inverse of the error function."""

def erfinv_(input: Tensor) -> Tensor:
    """`y` with `erf(y) = input`, the inverse of the error function. In place: `input` keeps its shape and dtype."""

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`e^input`."""

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`2^input`."""

def exp2_(input: Tensor) -> Tensor:
    """`2^input`. In place: `input` keeps its shape and dtype."""

def exp_(input: Tensor) -> Tensor:
    """`e^input`. In place: `input` keeps its shape and dtype."""

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`e^input - 1`, accurate near 0."""

def expm1_(input: Tensor) -> Tensor:
    """`e^input - 1`, accurate near 0. In place: `input` keeps its shape and dtype."""

def eye(
    n: _int,
    m: _int | None = None,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Ones on the diagonal."""

def fill(input: Tensor, value: Tensor | _Number) -> Tensor:
    """A number everywhere."""

def fill_(input: Tensor, value: Tensor | _Number) -> Tensor:
    """A number everywhere."""

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`trunc(input)`, the integer part."""

def fix_(input: Tensor) -> Tensor:
    """`trunc(input)`, the integer part. In place: `input` keeps its shape and dtype."""

def flatten(input: Tensor, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """Merges dimensions."""

@overload
def flip(input: Tensor, dims: Sequence[_int]) -> Tensor:
    """Dimensions reversed."""

@overload
def flip(input: Tensor, *dims: _int) -> Tensor: ...
def fliplr(input: Tensor) -> Tensor:
    """Columns reversed."""

def flipud(input: Tensor) -> Tensor:
    """Rows reversed."""

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`floor(input)`, the largest integer not above."""

def floor_(input: Tensor) -> Tensor:
    """`floor(input)`, the largest integer not above. In place: `input` keeps its shape and dtype."""

def floor_divide(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`floor(input / other)`."""

def fmax(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`max(input, other)`; NaN loses. Of equals each gets half the gradient."""

def fmin(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`min(input, other)`; NaN loses."""

def fmod(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input - other * trunc(input / other)`: the sign of the dividend (C's `fmod`)."""

def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input - trunc(input)`, the fractional part, with the sign of the input."""

def frac_(input: Tensor) -> Tensor:
    """`input - trunc(input)`, the fractional part, with the sign of the input. In place: `input` keeps its shape and
    dtype."""

def full(
    size: Sequence[_int],
    fill_value: _Number,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """One number everywhere."""

def full_like(
    input: Tensor,
    fill_value: _Number,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """One number in the form of a tensor."""

def gather(input: Tensor, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Elements at indices along a dimension."""

def gcd(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Greatest common divisor of `input` and `other`."""

def gcd_(input: Tensor, other: Tensor) -> Tensor:
    """Greatest common divisor of `input` and `other`. In place: `input` keeps its shape and dtype."""

def ge(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input >= other`."""

def geqrf(input: Tensor, *, out: Sequence[Tensor] | None = None) -> return_types.geqrf:
    """R and the reflectors of Q, as LAPACK stores them."""

def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Outer product of two vectors."""

def greater(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input > other`."""

def greater_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input >= other`."""

def gt(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input > other`."""

def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0, `values` or 1 for a negative, zero or positive `input`."""

def histc(input: Tensor, bins: _int = 100, min: _float = 0, max: _float = 0, *, out: Tensor | None = None) -> Tensor:
    """Counts of equal intervals."""

@overload
def hsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Parts side by side."""

@overload
def hsplit(input: Tensor, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
@overload
def hsplit(input: Tensor, *indices: _int) -> tuple[Tensor, ...]: ...
def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Side by side."""

def hypot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sqrt(input^2 + other^2)` without overflow."""

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`I0(input)`, the modified Bessel function of the first kind of order 0."""

def i0_(input: Tensor) -> Tensor:
    """`I0(input)`, the modified Bessel function of the first kind of order 0. In place: `input` keeps its shape and
    dtype."""

def igamma(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`P(input, other)`, the regularised lower incomplete gamma function."""

def igammac(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 - P(input, other)`, the regularised upper incomplete gamma function."""

def imag(input: Tensor) -> Tensor:
    """Imaginary part."""

def index_add(
    input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """Adds entries at indices."""

def index_copy(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Overwrites entries at indices."""

def index_fill(input: Tensor, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
    """A number at indices of a dimension."""

def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: _bool = False) -> Tensor:
    """Writes values at index tensors."""

def index_put_(input: Tensor, indices: Any, values: Tensor, accumulate: _bool = False) -> Tensor:
    """Writes values at index tensors."""

def index_reduce(
    input: Tensor,
    dim: _int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: _bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Combines entries at indices."""

def index_select(input: Tensor, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Entries of a dimension at indices."""

def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverses."""

def isclose(
    input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
) -> Tensor:
    """`|input - other| <= atol + rtol * |other|`."""

def isfinite(input: Tensor) -> Tensor:
    """Is `input` neither infinite nor NaN?"""

@overload
def isin(
    elements: Tensor,
    test_elements: Tensor,
    *,
    assume_unique: _bool = False,
    invert: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Is each element among others?"""

@overload
def isin(
    element: _Number,
    test_elements: Tensor,
    *,
    assume_unique: _bool = False,
    invert: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def isin(
    elements: Tensor,
    test_element: _Number,
    *,
    assume_unique: _bool = False,
    invert: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def isinf(input: Tensor) -> Tensor:
    """Is `input` infinite (either part, if complex)?"""

def isnan(input: Tensor) -> Tensor:
    """Is `input` NaN (either part, if complex)?"""

def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Is `input` minus infinity?"""

def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Is `input` plus infinity?"""

def kthvalue(
    input: Tensor, k: _int, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.kthvalue:
    """The `k`-th smallest, with its index."""

def lcm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Least common multiple of `input` and `other`."""

def lcm_(input: Tensor, other: Tensor) -> Tensor:
    """Least common multiple of `input` and `other`. In place: `input` keeps its shape and dtype."""

def le(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input <= other`."""

def lerp(input: Tensor, end: Tensor, weight: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input + weight * (end - input)`."""

def less(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input < other`."""

def less_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input <= other`."""

def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`ln(|Gamma(input)|)`."""

def lgamma_(input: Tensor) -> Tensor:
    """`ln(|Gamma(input)|)`. In place: `input` keeps its shape and dtype."""

def linspace(
    start: Tensor | _Number,
    end: Tensor | _Number,
    steps: _int,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Evenly spaced numbers, both ends included."""

def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`ln(input)`, the natural logarithm."""

def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log10(input)`, the base-10 logarithm."""

def log10_(input: Tensor) -> Tensor:
    """`log10(input)`, the base-10 logarithm. In place: `input` keeps its shape and dtype."""

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log(1 + input)`, accurate near 0."""

def log1p_(input: Tensor) -> Tensor:
    """`log(1 + input)`, accurate near 0. In place: `input` keeps its shape and dtype."""

def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log2(input)`, the base-2 logarithm."""

def log2_(input: Tensor) -> Tensor:
    """`log2(input)`, the base-2 logarithm. In place: `input` keeps its shape and dtype."""

def log_(input: Tensor) -> Tensor:
    """`ln(input)`, the natural logarithm. In place: `input` keeps its shape and dtype."""

def log_softmax(input: Tensor, dim: _int, dtype: _DtypeLike | None = None, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of softmax."""

def logaddexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log(e^input + e^other)`."""

def logaddexp2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log2(2^input + 2^other)`."""

def logcumsumexp(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """`log(cumsum(exp(x)))`."""

def logdet(input: Tensor) -> Tensor:
    """Logarithms of determinants; NaN of negative ones."""

def logical_and(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Are both `input` and `other` non-zero?"""

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input == 0`."""

def logical_not_(input: Tensor) -> Tensor:
    """`input == 0`. In place: `input` keeps its shape and dtype."""

def logical_or(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Is `input` or `other` non-zero?"""

def logical_xor(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Is exactly one of `input` and `other` non-zero?"""

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """`log(x / (1 - x))`."""

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """`log(x / (1 - x))`."""

def logspace(
    start: Tensor | _Number,
    end: Tensor | _Number,
    steps: _int,
    base: _float = 10.0,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Powers of `base` with evenly spaced exponents."""

def logsumexp(
    input: Tensor, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None
) -> Tensor:
    """`log(sum(exp(x)))` without overflow."""

def lt(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input < other`."""

def lu_unpack(
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data: _bool = True,
    unpack_pivots: _bool = True,
    *,
    out: Sequence[Tensor] | None = None,
) -> return_types.lu_unpack:
    """P, L and U of LU factors and pivots."""

def masked_fill(input: Tensor, mask: Tensor, value: Tensor | _Number) -> Tensor:
    """A number where a mask is true."""

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Elements of a source, one after another, where a mask is true."""

def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Elements where a mask is true."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Matrix product, batched over leading dimensions."""

def matrix_exp(input: Tensor) -> Tensor:
    """Exponentials of matrices."""

@overload
def max(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Largest element; or largest along a dimension with its index; or larger of two tensors."""

@overload
def max(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def max(
    input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.max: ...
def maximum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`max(input, other)`; NaN wins. Of equals each gets half the gradient."""

def mean(
    input: Tensor,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _DtypeLike | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Mean over dimensions, or of all elements."""

@overload
def median(input: Tensor) -> Tensor:
    """The lower median."""

@overload
def median(
    input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.median: ...
@overload
def meshgrid(tensors: Sequence[Tensor] = (), *, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Grids of coordinates."""

@overload
def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]: ...
@overload
def min(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Smallest element; or smallest along a dimension with its index; or smaller of two tensors."""

@overload
def min(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def min(
    input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.min: ...
def minimum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`min(input, other)`; NaN wins."""

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Product of two matrices."""

def mode(
    input: Tensor, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.mode:
    """The most frequent, with an index."""

@overload
def moveaxis(input: Tensor, source: _int, destination: _int) -> Tensor:
    """Moves dimensions."""

@overload
def moveaxis(input: Tensor, source: Sequence[_int], destination: Sequence[_int]) -> Tensor: ...
@overload
def movedim(input: Tensor, source: _int, destination: _int) -> Tensor:
    """Moves dimensions."""

@overload
def movedim(input: Tensor, source: Sequence[_int], destination: Sequence[_int]) -> Tensor: ...
def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sorted along the first dimension."""

def mul(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input * other`."""

def multinomial(
    input: Tensor,
    num_samples: _int,
    replacement: _bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Indices drawn from each row of weights."""

def multiply(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input * other`."""

def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Product of matrix and vector."""

def nan_to_num(
    input: Tensor,
    nan: _float | None = None,
    posinf: _float | None = None,
    neginf: _float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Replaces NaN and infinities."""

def nan_to_num_(
    input: Tensor, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None
) -> Tensor:
    """Replaces NaN and infinities."""

def nanmean(
    input: Tensor,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _DtypeLike | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Mean of what is not NaN."""

@overload
def nanmedian(input: Tensor) -> Tensor:
    """The lower median of what is not NaN."""

@overload
def nanmedian(
    input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None
) -> return_types.nanmedian: ...
def nanquantile(
    input: Tensor,
    q: Tensor | _Number,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Quantiles of what is not NaN."""

def nansum(
    input: Tensor,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _DtypeLike | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of what is not NaN."""

@overload
def narrow(input: Tensor, dim: _int, start: Tensor, length: _int) -> Tensor:
    """`length` entries of a dimension from `start` on."""

@overload
def narrow(input: Tensor, dim: _int, start: _int, length: _int) -> Tensor: ...
def ne(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input != other`."""

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`-input`."""

def neg_(input: Tensor) -> Tensor:
    """`-input`. In place: `input` keeps its shape and dtype."""

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`-input`."""

def negative_(input: Tensor) -> Tensor:
    """`-input`. In place: `input` keeps its shape and dtype."""

def nextafter(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The float next to `input` in the direction of `other`."""

def nonzero(input: Tensor, *, as_tuple: _bool = False, out: Sequence[Tensor] | None = None) -> Any:
    """Coordinates of what is not zero."""

def nonzero_static(input: Tensor, *, size: _int, fill_value: _int = -1, out: Tensor | None = None) -> Tensor:
    """Coordinates of what is not zero, so many rows."""

@overload
def normal(
    mean: _float,
    std: _float,
    size: Sequence[_int],
    *,
    generator: Generator | None = None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Normal random numbers with means and deviations of their own."""

@overload
def normal(
    mean: Tensor | _Number, std: Tensor | _Number = 1, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor: ...
def not_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input != other`."""

@overload
def ones(
    size: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Ones."""

@overload
def ones(
    *size: _int,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def ones_like(
    input: Tensor,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """Ones in the form of a tensor."""

def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first columns of a product of reflectors."""

def ormqr(
    input: Tensor,
    input2: Tensor,
    input3: Tensor,
    left: _bool = True,
    transpose: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A matrix times a product of reflectors."""

def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Outer product of two vectors."""

@overload
def permute(input: Tensor, dims: Sequence[_int]) -> Tensor:
    """Dimensions in a new order."""

@overload
def permute(input: Tensor, *dims: _int) -> Tensor: ...
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson random numbers with the rates of a tensor (float dtype, not negative), of its shape and dtype."""

def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers of absolute values and arguments."""

def polygamma(n: _int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Derivative number `n` of the digamma function."""

@overload
def pow(input: Tensor, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input ** exponent`."""

@overload
def pow(input: _Number, exponent: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def prod(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, dtype: _DtypeLike | None = None) -> Tensor:
    """Product of all elements, or along a dimension."""

@overload
def prod(
    input: Tensor, dim: _int, keepdim: _bool = False, *, dtype: _DtypeLike | None = None, out: Tensor | None = None
) -> Tensor: ...
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
    """Writes elements of the flattened tensor."""

def quantile(
    input: Tensor,
    q: Tensor | _Number,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Quantiles."""

@overload
def rand(
    size: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Uniform random numbers of `[0, 1)`."""

@overload
def rand(
    *size: _int,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def rand(
    size: Sequence[_int],
    *,
    generator: Generator | None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def rand(
    *size: _int,
    generator: Generator | None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def rand_like(
    input: Tensor,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Uniform random numbers in the form of a tensor."""

@overload
def randint(
    high: _int,
    size: Sequence[_int],
    *,
    generator: Generator | None = None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Random integers of `[low, high)`."""

@overload
def randint(
    low: _int,
    high: _int,
    size: Sequence[_int],
    *,
    generator: Generator | None = None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def randn(
    size: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Normal random numbers."""

@overload
def randn(
    *size: _int,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def randn(
    size: Sequence[_int],
    *,
    generator: Generator | None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def randn(
    *size: _int,
    generator: Generator | None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def randn_like(
    input: Tensor,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Normal random numbers in the form of a tensor."""

def randperm(
    n: _int,
    *,
    generator: Generator | None = None,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """A random permutation of `0 .. n`."""

def range(
    start: _Number,
    end: _Number,
    step: _Number = 1,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Numbers from `start` to `end`, both included."""

def ravel(input: Tensor) -> Tensor:
    """All dimensions merged."""

def real(input: Tensor) -> Tensor:
    """Real part."""

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / input`."""

def reciprocal_(input: Tensor) -> Tensor:
    """`1 / input`. In place: `input` keeps its shape and dtype."""

def relu(input: Tensor) -> Tensor:
    """`max(input, 0)`; NaN stays."""

def relu_(input: Tensor) -> Tensor:
    """`max(input, 0)`; NaN stays. In place: `input` keeps its shape and dtype."""

@overload
def remainder(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input - other * floor(input / other)`."""

@overload
def remainder(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def repeat_interleave(
    input: Tensor, repeats: _int, dim: _int | None = None, *, output_size: _int | None = None
) -> Tensor:
    """Repeats elements."""

@overload
def repeat_interleave(
    input: Tensor, repeats: Tensor, dim: _int | None = None, *, output_size: _int | None = None
) -> Tensor: ...
@overload
def repeat_interleave(repeats: Tensor, *, output_size: _int | None = None) -> Tensor: ...
@overload
def reshape(input: Tensor, shape: Sequence[_int]) -> Tensor:
    """The same elements in another shape, copied where they must be."""

@overload
def reshape(input: Tensor, *shape: _int) -> Tensor: ...
def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """The size of another tensor."""

def resolve_conj(input: Tensor) -> Tensor:
    """The tensor, or a copy of it if it is still to be conjugated."""

def resolve_neg(input: Tensor) -> Tensor:
    """The tensor, or a copy of it if it is still to be negated."""

def roll(input: Tensor, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = None) -> Tensor:
    """Rotates elements along dimensions."""

def rot90(input: Tensor, k: _int = 1, dims: Sequence[_int] | None = None) -> Tensor:
    """Rotates by quarter turns."""

def round(input: Tensor, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
    """Nearest integer, or multiple of `10**-decimals`; halves to even."""

def round_(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """Nearest integer, or multiple of `10**-decimals`; halves to even."""

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """One above the other."""

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / sqrt(input)`."""

def rsqrt_(input: Tensor) -> Tensor:
    """`1 / sqrt(input)`. In place: `input` keeps its shape and dtype."""

@overload
def rsub(input: Tensor, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """`other - alpha * input`."""

@overload
def rsub(input: Tensor, other: _Number, alpha: _Number) -> Tensor: ...
def scalar_tensor(
    s: _Number,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A 0-dim tensor."""

@overload
def scatter(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Writes values at indices along a dimension."""

@overload
def scatter(
    input: Tensor, dim: _int, index: Tensor, src: Tensor, *, reduce: str, out: Tensor | None = None
) -> Tensor: ...
@overload
def scatter(input: Tensor, dim: _int, index: Tensor, value: _Number, *, out: Tensor | None = None) -> Tensor: ...
@overload
def scatter(
    input: Tensor, dim: _int, index: Tensor, value: _Number, *, reduce: str, out: Tensor | None = None
) -> Tensor: ...
def scatter_add(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Adds values at indices along a dimension."""

def scatter_reduce(
    input: Tensor,
    dim: _int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: _bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Combines values at indices along a dimension."""

def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | _Number,
    *,
    out_int32: _bool = False,
    right: _bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Insertion points in sorted rows."""

def select(input: Tensor, dim: _int, index: _int) -> Tensor:
    """One entry of a dimension."""

def select_scatter(input: Tensor, src: Tensor, dim: _int, index: _int) -> Tensor:
    """A copy with one entry of a dimension replaced."""

def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input / |input|` for complex input, `sign` for real."""

def sgn_(input: Tensor) -> Tensor:
    """`input / |input|` for complex input, `sign` for real. In place: `input` keeps its shape and dtype."""

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / (1 + e^-input)`."""

def sigmoid_(input: Tensor) -> Tensor:
    """`1 / (1 + e^-input)`. In place: `input` keeps its shape and dtype."""

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sign of `input`: -1, 0 or 1; NaN gives 0 as in PyTorch."""

def sign_(input: Tensor) -> Tensor:
    """Sign of `input`: -1, 0 or 1; NaN gives 0 as in PyTorch. In place: `input` keeps its shape and dtype."""

def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Is the sign bit of `input` set (minus zero included)?"""

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sin(input)`."""

def sin_(input: Tensor) -> Tensor:
    """`sin(input)`. In place: `input` keeps its shape and dtype."""

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sin(pi input) / (pi input)`, 1 at 0."""

def sinc_(input: Tensor) -> Tensor:
    """`sin(pi input) / (pi input)`, 1 at 0. In place: `input` keeps its shape and dtype."""

def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sinh(input)`."""

def sinh_(input: Tensor) -> Tensor:
    """`sinh(input)`. In place: `input` keeps its shape and dtype."""

def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: _int = 0,
    start: _int | None = None,
    end: _int | None = None,
    step: _int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy with a slice replaced."""

def slogdet(input: Tensor, *, out: Sequence[Tensor] | None = None) -> return_types.slogdet:
    """Signs of determinants, and the logarithms of their moduli."""

def softmax(input: Tensor, dim: _int, dtype: _DtypeLike | None = None, *, out: Tensor | None = None) -> Tensor:
    """`exp(x) / sum(exp(x))` along a dimension."""

@overload
def sort(
    input: Tensor,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> return_types.sort:
    """Sorted along a dimension, with the indices."""

@overload
def sort(
    input: Tensor,
    *,
    stable: _bool | None,
    dim: _int = -1,
    descending: _bool = False,
    out: Sequence[Tensor] | None = None,
) -> return_types.sort: ...
@overload
def split(tensor: Tensor, split_size_or_sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Parts of a size, or of sizes."""

@overload
def split(input: Tensor, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def split(tensor: Tensor, split_size_or_sections: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def split(input: Tensor, split_size: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
def split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
    """Parts of given sizes."""

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sqrt(input)`."""

def sqrt_(input: Tensor) -> Tensor:
    """`sqrt(input)`. In place: `input` keeps its shape and dtype."""

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input * input`; of truth values int64."""

def square_(input: Tensor) -> Tensor:
    """`input * input`; of truth values int64."""

def squeeze(input: Tensor, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """Without dimensions of size 1."""

def stack(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """Joins tensors along a new dimension."""

@overload
def std(
    input: Tensor,
    dim: _int | Sequence[_int] | None = None,
    *,
    correction: _float | None = 1,
    keepdim: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Standard deviation."""

@overload
def std(input: Tensor, unbiased: _bool) -> Tensor: ...
@overload
def std(
    input: Tensor,
    dim: _int | Sequence[_int] | None,
    unbiased: _bool = True,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def std_mean(
    input: Tensor, dim: _int | Sequence[_int] | None = None, *, correction: _float | None = 1, keepdim: _bool = False
) -> tuple[Tensor, Tensor]:
    """Standard deviation and mean."""

@overload
def std_mean(input: Tensor, unbiased: _bool) -> tuple[Tensor, Tensor]: ...
@overload
def std_mean(
    input: Tensor, dim: _int | Sequence[_int] | None, unbiased: _bool = True, keepdim: _bool = False
) -> tuple[Tensor, Tensor]: ...
@overload
def sub(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """`input - alpha * other`."""

@overload
def sub(input: Tensor, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
@overload
def sub(input: Tensor, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def subtract(
    input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None
) -> Tensor:
    """`input - alpha * other`."""

@overload
def subtract(input: Tensor, other: _Number, alpha: _Number, *, out: Tensor | None = None) -> Tensor: ...
@overload
def subtract(input: Tensor, alpha: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def sum(
    input: Tensor, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: _DtypeLike | None = None
) -> Tensor:
    """Sum over dimensions, or of all elements."""

@overload
def sum(
    input: Tensor,
    dim: _int | Sequence[_int] | None,
    keepdim: _bool = False,
    *,
    dtype: _DtypeLike | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
def swapaxes(input: Tensor, axis0: _int, axis1: _int) -> Tensor:
    """Two dimensions exchanged."""

def swapdims(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Two dimensions exchanged."""

def t(input: Tensor) -> Tensor:
    """Transpose of a matrix."""

def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Elements of the flattened tensor."""

def take_along_dim(input: Tensor, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Elements at indices along a dimension, broadcast."""

def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`tan(input)`."""

def tan_(input: Tensor) -> Tensor:
    """`tan(input)`. In place: `input` keeps its shape and dtype."""

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`tanh(input)`."""

def tanh_(input: Tensor) -> Tensor:
    """`tanh(input)`. In place: `input` keeps its shape and dtype."""

@overload
def tensor_split(input: Tensor, tensor_indices_or_sections: Tensor, dim: _int = 0) -> tuple[Tensor, ...]:
    """So many parts, or parts between indices."""

@overload
def tensor_split(input: Tensor, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def tensor_split(input: Tensor, indices: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def tile(input: Tensor, dims: Sequence[_int]) -> Tensor:
    """Repeats the tensor along dimensions."""

@overload
def tile(input: Tensor, *dims: _int) -> Tensor: ...
def topk(
    input: Tensor,
    k: _int,
    dim: _int = -1,
    largest: _bool = True,
    sorted: _bool = True,
    *,
    out: Sequence[Tensor] | None = None,
) -> return_types.topk:
    """The `k` largest or smallest, with their indices."""

def trace(input: Tensor) -> Tensor:
    """Sum of the diagonal."""

def transpose(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Two dimensions exchanged."""

def tril(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The lower triangle."""

def tril_indices(
    row: _int,
    col: _int,
    offset: _int = 0,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
) -> Tensor:
    """Coordinates of the lower triangle."""

def triu(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The upper triangle."""

def triu_indices(
    row: _int,
    col: _int,
    offset: _int = 0,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
) -> Tensor:
    """Coordinates of the upper triangle."""

def true_divide(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input / other`."""

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`trunc(input)`, the integer part."""

def trunc_(input: Tensor) -> Tensor:
    """`trunc(input)`, the integer part. In place: `input` keeps its shape and dtype."""

def unbind(input: Tensor, dim: _int = 0) -> tuple[Tensor, ...]:
    """The entries of a dimension."""

def unflatten(input: Tensor, dim: _int, sizes: Sequence[_int]) -> Tensor:
    """Splits a dimension into several."""

def unique(
    input: Tensor,
    sorted: _bool = True,
    return_inverse: _bool = False,
    return_counts: _bool = False,
    dim: _int | None = None,
) -> Any:
    """Distinct elements, or entries of a dimension."""

def unique_consecutive(
    input: Tensor, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None
) -> Any:
    """Without repetitions of neighbours."""

def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Coordinates of flat indices."""

def unsafe_chunk(input: Tensor, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """At most so many equal parts, as of `unsafe_split`."""

def unsafe_split(input: Tensor, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Parts of a size that are no views: in-place changes of them are not seen by the graph of the whole."""

def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
    """Parts of given sizes, as of `unsafe_split`."""

def unsqueeze(input: Tensor, dim: _int) -> Tensor:
    """With a new dimension of size 1."""

@overload
def var(
    input: Tensor,
    dim: _int | Sequence[_int] | None = None,
    *,
    correction: _float | None = 1,
    keepdim: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Variance."""

@overload
def var(input: Tensor, unbiased: _bool) -> Tensor: ...
@overload
def var(
    input: Tensor,
    dim: _int | Sequence[_int] | None,
    unbiased: _bool = True,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor: ...
@overload
def var_mean(
    input: Tensor, dim: _int | Sequence[_int] | None = None, *, correction: _float | None = 1, keepdim: _bool = False
) -> tuple[Tensor, Tensor]:
    """Variance and mean."""

@overload
def var_mean(input: Tensor, unbiased: _bool) -> tuple[Tensor, Tensor]: ...
@overload
def var_mean(
    input: Tensor, dim: _int | Sequence[_int] | None, unbiased: _bool = True, keepdim: _bool = False
) -> tuple[Tensor, Tensor]: ...
def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inner product of two vectors, the first conjugated."""

def view_as_complex(input: Tensor) -> Tensor:
    """Pairs of real numbers as a complex tensor."""

def view_as_real(input: Tensor) -> Tensor:
    """A complex tensor as pairs of real numbers."""

@overload
def vsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Parts one above the other."""

@overload
def vsplit(input: Tensor, indices: Sequence[_int]) -> tuple[Tensor, ...]: ...
@overload
def vsplit(input: Tensor, *indices: _int) -> tuple[Tensor, ...]: ...
def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """One above the other."""

@overload
def where(condition: Tensor, input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input` where the condition holds, `other` elsewhere."""

@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def xlog1py(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input * log(1 + other)`, 0 where `input` is 0 and `other` is not NaN."""

@overload
def xlog1py(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
@overload
def xlogy(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """`input * log(other)`, 0 where `input` is 0 and `other` is not NaN."""

@overload
def xlogy(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
def xlogy_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """`input * log(other)`, 0 where `input` is 0 and `other` is not NaN. In place: `input` keeps its shape and
    dtype."""

def zero_(input: Tensor) -> Tensor:
    """Zeros everywhere, in place."""

@overload
def zeros(
    size: Sequence[_int],
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Zeros."""

@overload
def zeros(
    *size: _int,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    out: Tensor | None = None,
) -> Tensor: ...
def zeros_like(
    input: Tensor,
    *,
    dtype: _DtypeLike | None = None,
    layout: _layout | None = None,
    device: _DeviceLike | None = None,
    requires_grad: _bool = False,
    memory_format: memory_format | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """Zeros in the form of a tensor."""
