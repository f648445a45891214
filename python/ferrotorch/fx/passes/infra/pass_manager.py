"""Several passes in an order that fulfils constraints."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.passes.infra.pass_base import PassResult

__all__ = ["PassManager", "pass_result_wrapper", "this_before_that_pass_constraint"]

Pass = Callable[..., Any]
Constraint = Callable[[Pass, Pass], bool]


def pass_result_wrapper(fn: Pass) -> Pass:
    """A function that changes a module in place, as a pass; it counts as always changing."""

    @wraps(fn)
    def wrapped(module: torch.nn.Module) -> PassResult:
        result = fn(module)
        return result if isinstance(result, PassResult) else PassResult(module if result is None else result, True)

    return wrapped


def this_before_that_pass_constraint(this: Pass, that: Pass) -> Constraint:
    """The constraint that one pass comes before another: may ``a`` come before ``b``?"""
    return lambda a, b: a != that or b != this


class PassManager:
    """Runs passes, each on what the one before it made.

    Args:
        passes: functions of a module that return a :class:`PassResult`.
        constraints: functions of two passes: may the first come before the second?
        steps: how often all passes are run, at most; runs that change nothing are the last.
        run_checks_after_each_pass: call :meth:`check` after each pass, too.
        suppress_check_failures: accepted for compatibility.
    """

    def __init__(
        self,
        passes: list[Pass] | None = None,
        constraints: list[Constraint] | None = None,
        steps: int | None = None,
        run_checks_after_each_pass: bool = False,
        suppress_check_failures: bool = False,
    ) -> None:
        self.passes, self.constraints = passes or [], constraints or []
        self.steps = steps or 1
        self.run_checks_after_each_pass = run_checks_after_each_pass
        self.suppress_check_failures = suppress_check_failures
        self._validated = False

    def add_pass(self, _pass: Pass) -> None:
        """Append a pass."""
        self.passes.append(_pass)
        self._validated = False

    def add_constraint(self, constraint: Constraint) -> None:
        """Append a constraint."""
        self.constraints.append(constraint)
        self._validated = False

    def add_checks(self, check: Callable[[torch.nn.Module], None]) -> None:
        """Have a function look at the module before the first pass, and after each one if that is asked for."""
        if len(inspect.signature(check).parameters) != 1:
            raise TypeError("PassManager check function should only take in one variable, a module")
        self.check = check  # type: ignore[method-assign,assignment]

    def check(self, module: torch.nn.Module) -> None:
        """Look at a module; :meth:`add_checks` gives another function."""

    def validate_constraints(self) -> None:
        """Raise RuntimeError if the order of the passes breaks a constraint."""
        if self._validated:
            return
        for constraint in self.constraints:
            for i, a in enumerate(self.passes):
                for j, b in enumerate(self.passes[i + 1 :], i + 1):
                    if not constraint(a, b):
                        raise RuntimeError(
                            f"pass schedule constraint violated. Expected {b} before {a} but found {a} at index {i} "
                            f"and {b} at index {j} in pass list."
                        )
        self._validated = True

    def solve_constraints(self) -> None:
        """Put the passes in an order that fulfils the constraints."""
        if self.constraints:
            self.passes = _ordered(self.passes, self.constraints)
        self._validated = True

    def __call__(self, module: torch.nn.Module) -> PassResult:
        if not self._validated:
            self.solve_constraints()
        self.check(module)
        any_modified = False
        for _ in range(self.steps):
            module, modified = self._run_once(module)
            any_modified |= modified
            if not modified:
                break
        return PassResult(module, any_modified)

    def _run_once(self, module: torch.nn.Module) -> tuple[torch.nn.Module, bool]:
        modified = False
        for index, fn in enumerate(self.passes):
            try:
                module, changed = self._run_pass(fn, module)
            except Exception as error:
                before = [_name(other) for other in self.passes[:index]]
                message = f"An error occurred when running the '{_name(fn)}' pass after the following passes: {before}"
                raise Exception(message) from error
            modified |= changed
        return module, modified

    def _run_pass(self, fn: Pass, module: torch.nn.Module) -> tuple[torch.nn.Module, bool]:
        result = fn(module)
        if not hasattr(result, "graph_module"):
            raise TypeError(
                f"The result of the pass {_name(fn)} should be type PassResult.Please wrap it with "
                "pass_result_wrapper()"
            )
        if isinstance(result.graph_module, GraphModule):
            result.graph_module.recompile()
        if self.run_checks_after_each_pass:
            self.check(result.graph_module)
        return result.graph_module, result.modified


def _name(fn: Pass) -> str:
    return fn.__name__ if inspect.isfunction(fn) else type(fn).__name__


def _ordered(passes: list[Pass], constraints: list[Constraint]) -> list[Pass]:
    """The passes, those first that nothing has to come before; otherwise in the order given."""
    before = {a: {b for b in passes if b != a and not all(may(a, b) for may in constraints)} for a in passes}
    ready, order = deque(a for a in passes if not before[a]), list[Pass]()
    while ready:
        done = ready.popleft()
        order.append(done)
        for a in passes:
            if done in before[a]:
                before[a].discard(done)
                if not before[a]:
                    ready.append(a)
    left = [a for a in passes if before[a]]
    if left:
        raise RuntimeError(f"Circular dependency detected within the following passes: {left}")
    return order
