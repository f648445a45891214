"""Pipes of samples: branches of one, groups, files, and pipes by key."""

import os
import tempfile
from typing import Any


def _pipes(s: Any) -> Any:
    from importlib import import_module

    name = s.data.__name__
    return import_module(f"{name}.datapipes.iter"), import_module(f"{name}.datapipes.map")


def branches_with_all_samples(s: Any) -> Any:
    wrapped = _pipes(s)[0].IterableWrapper
    a, b, c = wrapped([[0], [1], [2]]).fork(3, copy="shallow")
    first = [list(a), list(b), len(c)]
    it, other = iter(a), iter(b)
    seen = [next(it), next(it), next(other)]
    pair = wrapped(range(5)).fork(2, buffer_size=1)
    leader = iter(pair[0])
    next(leader)
    more = wrapped(range(5)).fork(2)
    first_pass = iter(more[0])
    return [
        first,
        seen,
        [next(it) is next(other)],
        s.said(lambda: next(leader)),
        s.said(lambda: wrapped([1]).fork(0)),
        s.said(lambda: wrapped([1]).fork(2, copy="other")),
        [next(first_pass), next(iter(more[0])), s.raised(lambda: next(first_pass))],
        [type(pipe).__mro__[1].__name__ for pipe in pair],
    ]


def branches_by_class(s: Any) -> Any:
    wrapped = _pipes(s)[0].IterableWrapper
    even, odd = wrapped(range(6)).demux(2, lambda x: x % 2)
    some, rest = wrapped(range(6)).demux(2, lambda x: None if x == 3 else int(x > 1), drop_none=True)
    far = wrapped([1, 1, 1, 0]).demux(2, int, buffer_size=2)
    return [
        list(odd),
        list(even),
        list(some),
        list(rest),
        s.said(lambda: next(iter(far[0]))),
        s.said(lambda: list(wrapped([3]).demux(2, int)[0])),
        s.said(lambda: list(wrapped([3]).demux(2, lambda x: None)[0])),
        s.raised(lambda: len(even)),
        s.said(lambda: wrapped([1]).demux(0, int)),
    ]


def groups(s: Any) -> Any:
    wrapped = _pipes(s)[0].IterableWrapper
    files = wrapped(["a.png", "b.png", "a.json", "b.json", "a.jpg", "c.json"])
    of = lambda name: name[0]  # noqa: E731
    group = files.groupby(of).__iter__().__next__()
    return [
        list(files.groupby(of)),
        list(files.groupby(of, group_size=2, keep_key=True)),
        list(files.groupby(of, buffer_size=3, group_size=3, guaranteed_group_size=2)),
        list(files.groupby(of, buffer_size=2, group_size=2, drop_remaining=True)),
        s.raised(lambda: list(files.groupby(of, buffer_size=2, group_size=2))),
        s.said(lambda: files.groupby(of, group_size=3, buffer_size=2)),
        s.said(lambda: files.groupby(of, guaranteed_group_size=2)),
        [type(group).__name__, group.as_str(), list(group.raw_iterator()), isinstance(group, list)],
        [type(batch).__name__ for batch in wrapped(range(3)).batch(2)],
        list(wrapped(range(5)).batch(2).batch(2).unbatch(2)),
    ]


def files_and_what_is_in_them(s: Any) -> Any:
    pipes = _pipes(s)[0]
    root = tempfile.mkdtemp()
    os.makedirs(os.path.join(root, "sub"))
    for name in ("b.txt", "a.txt", "c.csv", os.path.join("sub", "d.txt")):
        with open(os.path.join(root, name), "w") as file:
            file.write(f"{name[-5]}\nend")
    short = lambda paths: [os.path.relpath(path, root) for path in paths]  # noqa: E731
    lister = pipes.FileLister(root, "*.txt")
    opened = [(os.path.basename(path), file.read()) for path, file in pipes.FileOpener(lister)]
    return [
        short(lister),
        short(pipes.FileLister([root], ["*.csv", "b*"], length=2)),
        short(pipes.IterableWrapper([root]).list_files(recursive=True)),
        short(pipes.FileLister(os.path.join(root, "a.txt"), abspath=True)),
        [len(pipes.FileLister(root, length=4)), s.raised(lambda: len(lister))],
        opened,
        [content for _, content in lister.open_files("b").read_from_stream(2)],
        [list(file) for _, file in lister.open_files()],
        s.said(lambda: pipes.FileOpener(lister, "w")),
        s.said(lambda: pipes.FileOpener(lister, "rb", encoding="utf-8")),
        s.said(lambda: list(pipes.FileOpener([1]))),
        s.raised(lambda: list(pipes.FileLister(os.path.join(root, "none")))),
    ]


def samples_in_an_order(s: Any) -> Any:
    pipes, by_key = _pipes(s)
    wrapped, sequence = pipes.IterableWrapper, by_key.SequenceWrapper(range(7))
    sampler = pipes.Sampler(wrapped(range(4)))
    s.torch.manual_seed(3)
    return [
        [list(sampler), len(sampler)],
        list(pipes.Sampler(wrapped("abcd"), s.data.RandomSampler)),
        s.raised(lambda: pipes.Sampler(wrapped(iter([1])).filter(bool))),
        list(sequence.shuffle().set_seed(5)),
        list(sequence.shuffle(indices=[1, 3, 5]).set_shuffle(False)),
        list(sequence.shuffle()),
        len(sequence.shuffle()),
    ]


def pipes_by_key(s: Any) -> Any:
    by_key = _pipes(s)[1]
    numbers = by_key.SequenceWrapper(range(5))
    letters = by_key.SequenceWrapper(list("abc"))
    batches = numbers.batch(2)
    return [
        [batches[0], batches[2], len(batches), len(numbers.batch(2, drop_last=True))],
        s.said(lambda: batches[3]),
        s.said(lambda: numbers.batch(2, drop_last=True)[2]),
        s.said(lambda: numbers.batch(0)),
        [numbers.concat(letters)[place] for place in (0, 4, 5, 7)],
        s.said(lambda: numbers.concat(letters)[8]),
        [list(numbers.zip(letters)[1]), len(numbers.zip(letters)), len(numbers.concat(letters))],
        s.said(lambda: numbers.zip(letters)[4]),
        s.said(lambda: by_key.Zipper()),
        s.said(lambda: by_key.Concater([1])),
        [by_key.Mapper(numbers)[3], repr(numbers), str(numbers.map(str))],
    ]
