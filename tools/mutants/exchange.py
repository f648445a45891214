"""Gives functions that exist already the code and the defaults that another text of their module gives them."""

import ast
import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

Place = tuple[str, int]
Change = tuple[FunctionType, str, object]


class Exchange:
    """Knows the functions of this process by their files: of all modules that are imported when it is made."""

    def __init__(self) -> None:
        self.functions: dict[str, list[FunctionType]] = defaultdict(list)
        for function in gc.get_objects():
            if type(function) is FunctionType:
                self.functions[function.__code__.co_filename].append(function)

    def prepare(self, file: Path, old: str, new: str) -> Callable[[], None]:
        """What to call to make the functions of a file those of its new text, which may differ within lines only."""
        changes = list(self._changes(file, old, new))

        def apply() -> None:
            for function, attribute, value in changes:
                setattr(function, attribute, value)

        return apply

    def _changes(self, file: Path, old: str, new: str) -> Iterator[Change]:
        codes = dict(differing(compile(old, str(file), "exec"), compile(new, str(file), "exec")))
        defaults = dict(differing_defaults(ast.parse(old), ast.parse(new)))
        for function in self.functions[str(file)]:
            place = place_of(function.__code__)
            if place in codes:
                yield function, "__code__", codes[place]
            yield from changed_defaults(function, defaults.get(place[1], {}))


def place_of(code: CodeType) -> Place:
    return code.co_qualname, code.co_firstlineno


def differing(old: CodeType, new: CodeType) -> Iterator[tuple[Place, CodeType]]:
    """The code of every function that differs, or holds one that does."""
    if old != new:
        yield place_of(old), new
    counterparts = {place_of(part): part for part in new.co_consts if isinstance(part, CodeType)}
    for part in old.co_consts:
        if isinstance(part, CodeType) and place_of(part) in counterparts:
            yield from differing(part, counterparts[place_of(part)])


def differing_defaults(old: ast.Module, new: ast.Module) -> Iterator[tuple[int, dict[str, ast.expr]]]:
    """By first lines of functions, the parameters whose defaults differ, where these are literals."""
    for first, second in zip(functions_of(old), functions_of(new), strict=True):
        was, becomes = defaults_of(first), defaults_of(second)
        changed = {name: value for name, value in becomes.items() if ast.dump(value) != ast.dump(was[name])}
        if changed:
            yield min([first.lineno, *(part.lineno for part in first.decorator_list)]), changed


def functions_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def defaults_of(function: ast.FunctionDef) -> dict[str, ast.expr]:
    parameters = function.args.posonlyargs + function.args.args
    given = parameters[len(parameters) - len(function.args.defaults) :]
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    pairs = [*zip(given, function.args.defaults, strict=True), *((arg, value) for arg, value in named if value)]
    return {arg.arg: value for arg, value in pairs}


def changed_defaults(function: FunctionType, changed: dict[str, ast.expr]) -> Iterator[Change]:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    for name, expression in changed.items():
        try:
            value = ast.literal_eval(expression)
        except ValueError:
            continue
        if function.__kwdefaults__ and name in function.__kwdefaults__:
            yield function, "__kwdefaults__", function.__kwdefaults__ | {name: value}
        elif function.__defaults__ and name in names:
            values = list(function.__defaults__)
            values[names.index(name) - len(names)] = value
            yield function, "__defaults__", tuple(values)
