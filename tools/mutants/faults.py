"""One-token faults that a file of the package has room for.

A fault is what a slip of the hand makes: a comparison that includes its bound, a sign, a number one too large, `and`
for `or`, a default the other way round. Texts of exceptions and annotations are left alone, and what computes nothing:
whether `zip` checks lengths, how much a cache holds, what a type variable says of itself.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "ferrotorch"

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not", "in": "not in"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*"}
WORDS = {"and": "or", "or": "and"}

# Keywords that say whose line a warning names, whether lengths are compared, and how many results a cache keeps.
WITHOUT_EFFECT = {"stacklevel", "maxsize"}
OF_TYPES = {"TypeVar", "ParamSpec", "NewType"}


@dataclass(frozen=True)
class Fault:
    """A piece of one line of a file, and what stands there instead."""

    path: Path
    line: int
    start: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.old} -> {self.new}"

    @property
    def text(self) -> str:
        """The line as it stands."""
        return self.path.read_text().splitlines()[self.line - 1].strip()

    def planted(self) -> str:
        lines = self.path.read_text().splitlines(keepends=True)
        text = lines[self.line - 1].encode()
        lines[self.line - 1] = (text[: self.start] + self.new.encode() + text[self.start + len(self.old) :]).decode()
        return "".join(lines)


class Finder(ast.NodeVisitor):
    """Collects the faults that a file has room for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = [line.encode() for line in path.read_text().splitlines()]
        self.faults: list[Fault] = []

    def visit_Raise(self, node: ast.Raise) -> None:
        """What an exception says is not tested word by word."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation computes nothing."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (node.args, *node.body):
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in OF_TYPES:
            return
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in WITHOUT_EFFECT and (name, keyword.arg) != ("zip", "strict"):
                self.visit(keyword.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions within formatted text are not those of the file before Python 3.12."""

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value))
        elif isinstance(value, int | float) and value == value and abs(value) < 1e6:
            self._replace(node, repr(value + 1))

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, right in zip([node.left, *node.comparators], node.comparators, strict=False):
            self._between(left, right, COMPARISONS)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if not isinstance(node.op, ast.BitOr):
            self._between(node.left, node.right, ARITHMETIC)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, WORDS)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.faults.append(Fault(self.path, node.lineno, node.col_offset, "not ", ""))
        self.generic_visit(node)

    def _replace(self, node: ast.Constant, new: str) -> None:
        old = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
        self.faults.append(Fault(self.path, node.lineno, node.col_offset, old, new))

    def _between(self, left: ast.expr, right: ast.expr, table: dict[str, str]) -> None:
        """The operator between two operands that stand on one line."""
        assert left.end_col_offset is not None
        if left.end_lineno != right.lineno:
            return
        gap = self.lines[right.lineno - 1][left.end_col_offset : right.col_offset].decode()
        operator = gap.strip(" ()")
        if operator in table:
            start = left.end_col_offset + gap.index(operator)
            self.faults.append(Fault(self.path, right.lineno, start, operator, table[operator]))


def faults_in(pattern: str) -> Iterator[Fault]:
    for path in sorted(PACKAGE.glob(pattern)):
        finder = Finder(path)
        finder.visit(ast.parse(path.read_text()))
        yield from finder.faults
