"""Files: what is saved comes back, and what is refused; closeness, and made tensors."""

import copy
import io
import pickle
from collections import OrderedDict
from typing import Any


def _again(s: Any, value: Any, **options: Any) -> Any:
    file = io.BytesIO()
    s.torch.save(value, file, **options)
    file.seek(0)
    return s.torch.load(file, weights_only=False)


def saved_values(s: Any) -> Any:
    torch = s.torch
    values = [
        s.T(2, 3),
        s.I(5, 4),
        s.M(3),
        torch.complex(s.T(2), s.T(2)),
        s.T(2).half(),
        s.T(2).bfloat16(),
        s.T(0, 3),
        s.T(1)[0],
        s.T(4, 3).t(),
        s.T(6)[::2],
        s.T(2, 3).expand(4, 2, 3)[0],
        {"a": [s.T(1), (2, None)], "b": "text"},
        OrderedDict(x=s.T(2)),
        [torch.float32, torch.device("cpu"), torch.Size([1, 2]), torch.strided],
        s.T(2).requires_grad_(),
        s.nn.Parameter(s.T(2)),
        torch.sparse_coo_tensor(torch.tensor([[0, 1]]), s.T(2), (3,)).to_dense(),
        torch.view_as_complex(s.T(3, 2)).conj().resolve_conj(),
        {1, 2},
        1 + 2j,
        slice(1, 2),
        range(3),
    ]
    answers = []
    for options in ({}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}):
        for value in values:
            back = _again(s, value, **options)
            tensor = isinstance(back, torch.Tensor)
            more = (
                [back.requires_grad, list(back.stride()), type(back).__name__, back.is_leaf]
                if tensor
                else str(type(back).__name__)
            )
            answers.append([back if not isinstance(back, set) else sorted(back), more])
    return answers


def shared_memory(s: Any) -> Any:
    """Tensors that lie in one memory do so again; one tensor comes back as one."""
    base = s.T(6)
    a, b, c, d = _again(s, [base[:3], base[3:], base, base])
    a[0] = 100.0
    twins = copy.deepcopy([base, base[:2]])
    twins[0][0] = 50.0
    old = _again(s, [base[:3], base], _use_new_zipfile_serialization=False)
    old[0][0] = 7.0
    return [c[0].item(), c is d, b, twins[1][0].item(), old[1][0].item(), c.untyped_storage().nbytes()]


def modules_and_optimizers(s: Any) -> Any:
    net = s.fill(s.nn.Sequential(s.nn.Linear(2, 2), s.nn.BatchNorm1d(2)))
    net(s.T(3, 2)).sum().backward()
    optimizer = s.optim.Adam(net.parameters(), lr=0.1)
    optimizer.step()
    back = _again(s, {"net": net.state_dict(), "opt": optimizer.state_dict(), "whole": net})
    twin = s.fill(s.nn.Sequential(s.nn.Linear(2, 2), s.nn.BatchNorm1d(2)))
    twin.load_state_dict(back["net"])
    other = s.optim.Adam(twin.parameters())
    other.load_state_dict(back["opt"])
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        q.grad = p.grad.clone()
    optimizer.step(), other.step()
    return [
        twin(s.T(3, 2)),
        back["whole"](s.T(3, 2)),
        [bool((p == q).all()) for p, q in zip(net.parameters(), twin.parameters(), strict=True)],
        list(back["net"]),
        back["net"]._metadata["1"],
    ]


def places(s: Any) -> Any:
    torch = s.torch
    file = io.BytesIO()
    torch.save({"a": s.T(2), "b": s.T(3)}, file)
    seen: list[Any] = []

    def load(where: Any) -> Any:
        file.seek(0)
        return torch.load(file, map_location=where)

    answers = [
        load(where)
        for where in (
            None,
            "cpu",
            torch.device("cpu"),
            {"cpu": "cpu"},
            {},
            lambda storage, place: [seen.append(place), storage][1],
            lambda storage, place: None,
        )
    ]
    meta = load("meta")
    return [answers, seen, str(meta["a"].device), list(meta["b"].shape), s.raised(lambda: load("nowhere"))]


class Own:
    """Something that no reader of weights knows."""

    def __init__(self) -> None:
        self.x = 1


def only_weights(s: Any) -> Any:
    torch = s.torch

    def load(value: Any) -> Any:
        file = io.BytesIO()
        torch.save(value, file)
        file.seek(0)
        return torch.load(file, weights_only=True)

    fine = load(
        {
            "w": s.T(2),
            "n": [1, 2.5, "t", None, True, b"x"],
            "o": OrderedDict(a=1),
            "d": torch.float16,
            "s": torch.Size([2]),
            "c": 1j,
        }
    )
    refused = s.said(lambda: load(s.nn.Linear(1, 1))).split(":")[0]
    torch.serialization.add_safe_globals([slice])
    listed = slice in torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    with torch.serialization.safe_globals([slice]):
        inside = slice in torch.serialization.get_safe_globals()
    return [
        fine["w"],
        fine["n"][:5],
        list(fine["o"]),
        fine["c"].real,
        refused,
        listed,
        inside,
        torch.serialization.get_safe_globals(),
    ]


def refusals_of_files(s: Any) -> Any:
    torch = s.torch
    file = io.BytesIO()
    torch.save(s.T(3), file)
    good = file.getvalue()
    bad = {"empty": b"", "text": b"not a file", "cut": good[: len(good) // 2], "head": good[:10], "zeros": bytes(200)}
    return [
        {
            name: s.raised(lambda data=data: torch.load(io.BytesIO(data), weights_only=True))
            for name, data in bad.items()
        },
        s.raised(lambda: torch.load("/nothing/here")),
        s.raised(lambda: torch.save(s.T(1), "/nothing/here/file")),
        s.raised(lambda: torch.load(3)),
        s.raised(lambda: torch.load(io.BytesIO(good), mmap=True)),
        s.raised(lambda: torch.load(io.BytesIO(good), weights_only=True, pickle_module=pickle)),
    ]


def pickled(s: Any) -> Any:
    torch = s.torch
    values = [
        s.T(2, 2),
        s.T(2).requires_grad_(),
        torch.float32,
        torch.device("cpu"),
        torch.Size([1]),
        s.nn.Parameter(s.T(2)),
        torch.Generator().manual_seed(3).initial_seed(),
    ]
    answers = []
    for protocol in range(2, 6):
        back = [pickle.loads(pickle.dumps(value, protocol)) for value in values]
        answers.append(
            [back[0], back[1].requires_grad, str(back[2]), str(back[3]), str(back[4]), type(back[5]).__name__, back[6]]
        )
    marked = s.T(2)
    marked.note = "kept"
    return [
        answers,
        pickle.loads(pickle.dumps(marked)).note,
        copy.deepcopy(marked).note,
        copy.copy(marked).note,
        s.raised(lambda: copy.deepcopy(s.T(2).requires_grad_() * 2)),
    ]


def closeness(s: Any) -> Any:
    """At, below and above the bounds, which differ from dtype to dtype."""
    torch, close = s.torch, s.torch.testing.assert_close
    answers = []
    for dtype, rtol, atol in (
        (torch.float64, 1e-7, 1e-7),
        (torch.float32, 1.3e-6, 1e-5),
        (torch.float16, 1e-3, 1e-5),
        (torch.bfloat16, 1.6e-2, 1e-5),
        (torch.complex64, 1.3e-6, 1e-5),
    ):
        one = torch.ones(2, dtype=dtype)
        for factor in (0.5, 0.9, 2.0, 3.0):
            answers.append(
                [str(dtype), factor, s.raised(lambda one=one, d=(rtol + atol) * factor: close(one + d, one))]
            )
            answers.append([str(dtype), factor, s.raised(lambda one=one, d=atol * factor: close(one * 0 + d, one * 0))])
    kinds = [
        (1, 1.0, {}),
        (1.0, 1.0 + 1e-9, {}),
        (True, True, {}),
        (1j, 1j + 1e-9, {}),
        (s.T(2), s.T(2).tolist(), {}),
        (s.T(2), s.T(2).numpy(), {}),
        (s.T(2).tolist(), s.T(2).tolist(), {}),
        ({"a": 1}, {"a": 1.0}, {}),
        ([1, [2]], [1, [2.5]], {"rtol": 0, "atol": 0.5}),
        (s.T(2), s.T(2).requires_grad_(), {}),
        (s.T(2, 2), s.T(2, 2).t().contiguous().t(), {"check_stride": True}),
        (s.T(2), s.T(2, 1), {}),
        (s.T(2), s.T(2).to("meta"), {}),
        (s.T(2), s.T(2).to_sparse(), {}),
        (s.T(2), s.T(2).to_sparse(), {"check_layout": False}),
        (s.T(2).to_sparse(), s.T(2).to_sparse(), {}),
        (s.T(2).int(), s.T(2).long(), {"check_dtype": False}),
        (None, None, {"allow_subclasses": False}),
        (s.nn.Parameter(s.T(2)), s.T(2), {"allow_subclasses": False}),
        (1.0, 2.0, {"rtol": 1}),
        (1.0, 2.0, {"rtol": 0.1, "atol": -1}),
        ("a", "b", {}),
        (object, object, {}),
    ]
    return [answers, [s.raised(lambda a=a, b=b, o=o: close(a, b, **o)) for a, b, o in kinds]]


def messages_of_closeness(s: Any) -> Any:
    torch, close = s.torch, s.torch.testing.assert_close

    def text(a: Any, b: Any, **options: Any) -> str:
        try:
            close(a, b, **options)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "nothing"

    return [
        text(s.T(3), s.T(3) + torch.tensor([0.0, 1.0, 2.0])),
        text(s.T(2, 2), s.T(2, 2) * 2),
        text(s.I(9, 3), s.I(9, 3) + 1),
        text(s.M(3), ~s.M(3)),
        text(1.0, 2.0),
        text(3, 4),
        text(1j, 2j),
        text([1.0, 2.0], [1.0, 3.0]),
        text({"a": [1.0, s.T(2)]}, {"a": [1.0, s.T(2) + 1]}),
        text({"a": 1}, {"b": 1}),
        text([1], [1, 2]),
        text(s.T(2), s.T(3)),
        text(s.T(2), s.T(2).float()),
        text(torch.tensor([float("nan"), 1.0]), torch.tensor([float("nan"), 1.0])),
        text(torch.tensor(1.0), torch.tensor(2.0)),
        text(s.T(3), s.T(3) + 1, rtol=0, atol=0.5),
        text(s.T(2), s.T(2) + 1, msg="only this"),
        text(s.T(2), s.T(2) + 1, msg=lambda m: m.splitlines()[0] + "!"),
        text("a", 1),
    ]


def made_tensors(s: Any) -> Any:
    torch, make = s.torch, s.torch.testing.make_tensor
    answers = []
    for dtype in (
        torch.float32,
        torch.float64,
        torch.int32,
        torch.uint8,
        torch.bool,
        torch.complex64,
        torch.float16,
        torch.int8,
    ):
        for options in ({}, {"low": 2, "high": 5}, {"exclude_zero": True}, {"noncontiguous": True}):
            if dtype is torch.bool and "low" in options:
                continue
            torch.manual_seed(0)
            x = make(4, 3, dtype=dtype, device="cpu", **options)
            real = torch.view_as_real(x) if x.is_complex() else x.double()
            low, high = real.min().item(), real.max().item()
            inside = (low >= 2 and high < 5) if "low" in options else True
            answers.append(
                [
                    str(dtype),
                    str(options),
                    list(x.shape),
                    str(x.dtype),
                    x.is_contiguous(),
                    inside,
                    bool((x != 0).all()) if "exclude_zero" in options else None,
                ]
            )
    edges = [
        make((), dtype=torch.float32, device="cpu").dim(),
        make((0, 2), dtype=torch.float32, device="cpu").numel(),
        make(2, dtype=torch.float32, device="cpu", requires_grad=True).requires_grad,
    ]
    edges.append(
        make(2, 3, 4, 4, dtype=torch.float32, device="cpu", memory_format=torch.channels_last).is_contiguous(
            memory_format=torch.channels_last
        )
    )
    refused = [
        s.raised(lambda: make(2, dtype=torch.float32, device="cpu", low=3, high=1)),
        s.raised(lambda: make(2, dtype=torch.float32, device="cpu", low=float("nan"))),
        s.raised(lambda: make(2, dtype=torch.int32, device="cpu", requires_grad=True)),
        s.raised(
            lambda: make(2, dtype=torch.float32, device="cpu", noncontiguous=True, memory_format=torch.channels_last)
        ),
        s.raised(lambda: make(2, dtype=torch.uint8, device="cpu", low=300)),
        s.raised(lambda: make(-2, dtype=torch.float32, device="cpu")),
        s.raised(lambda: make("a", dtype=torch.float32, device="cpu")),
    ]
    return [answers, edges, refused]
