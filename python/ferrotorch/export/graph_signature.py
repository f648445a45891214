"""What the inputs and outputs of an exported graph are."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ConstantArgument", "ExportGraphSignature", "InputKind", "InputSpec", "OutputKind", "OutputSpec", "TensorArgument",
]  # fmt: skip


@dataclass
class TensorArgument:
    """A tensor, by the name of its node."""

    name: str


@dataclass
class ConstantArgument:
    """A number, text or the like; the name is that of its node, if it has one."""

    name: str
    value: Any = None


class InputKind(enum.Enum):
    """Where an input of the graph comes from."""

    USER_INPUT = enum.auto()
    PARAMETER = enum.auto()
    BUFFER = enum.auto()
    CONSTANT_TENSOR = enum.auto()
    CUSTOM_OBJ = enum.auto()
    TOKEN = enum.auto()


class OutputKind(enum.Enum):
    """What an output of the graph is for. The graphs that are made here have outputs for the user alone."""

    USER_OUTPUT = enum.auto()
    LOSS_OUTPUT = enum.auto()
    BUFFER_MUTATION = enum.auto()
    PARAMETER_MUTATION = enum.auto()
    GRADIENT_TO_PARAMETER = enum.auto()
    GRADIENT_TO_USER_INPUT = enum.auto()
    USER_INPUT_MUTATION = enum.auto()
    TOKEN = enum.auto()


@dataclass
class InputSpec:
    """An input: its kind, its node, and the name of what is handed to it."""

    kind: InputKind
    arg: TensorArgument | ConstantArgument
    target: str | None
    persistent: bool | None = None

    def __str__(self) -> str:
        target = "" if self.target is None else f" target={self.target!r}"
        persistent = "" if self.persistent is None else f" persistent={self.persistent}"
        return f"{self.arg.name}: {self.kind.name}{target}{persistent}"


@dataclass
class OutputSpec:
    """An output: its kind, its node, and what it is handed to."""

    kind: OutputKind
    arg: TensorArgument | ConstantArgument
    target: str | None

    def __str__(self) -> str:
        return f"{self.arg.name}: {self.kind.name}" + ("" if self.target is None else f" target={self.target!r}")


@dataclass
class ExportGraphSignature:
    """The inputs and outputs of an exported graph, in their order."""

    input_specs: list[InputSpec]
    output_specs: list[OutputSpec]
    backward_signature: None = field(default=None, init=False)

    def _targets(self, kind: InputKind) -> dict[str, str]:
        return {spec.arg.name: str(spec.target) for spec in self.input_specs if spec.kind is kind}

    @property
    def inputs_to_parameters(self) -> dict[str, str]:
        """Names of parameters by their inputs."""
        return self._targets(InputKind.PARAMETER)

    @property
    def inputs_to_buffers(self) -> dict[str, str]:
        """Names of buffers by their inputs."""
        return self._targets(InputKind.BUFFER)

    @property
    def inputs_to_lifted_tensor_constants(self) -> dict[str, str]:
        """Names of constant tensors by their inputs."""
        return self._targets(InputKind.CONSTANT_TENSOR)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.inputs_to_parameters.values())

    @property
    def buffers(self) -> tuple[str, ...]:
        """Names of the buffers."""
        return tuple(self.inputs_to_buffers.values())

    @property
    def non_persistent_buffers(self) -> tuple[str, ...]:
        """Names of the buffers that are no part of the state."""
        return tuple(str(spec.target) for spec in self.input_specs if spec.persistent is False)

    @property
    def lifted_tensor_constants(self) -> tuple[str, ...]:
        """Names of the constant tensors."""
        return tuple(self.inputs_to_lifted_tensor_constants.values())

    @property
    def user_inputs(self) -> tuple[Any, ...]:
        """Names of the inputs that are arguments of the module, or their values if these are constants."""
        given = [spec.arg for spec in self.input_specs if spec.kind is InputKind.USER_INPUT]
        return tuple(arg.value if isinstance(arg, ConstantArgument) else arg.name for arg in given)

    @property
    def user_outputs(self) -> tuple[Any, ...]:
        """Names of the outputs, or their values if these are constants."""
        given = [spec.arg for spec in self.output_specs if spec.kind is OutputKind.USER_OUTPUT]
        return tuple(arg.value if isinstance(arg, ConstantArgument) else arg.name for arg in given)

    @property
    def buffers_to_mutate(self) -> dict[str, str]:
        """Buffers by the outputs that hold their new values: none, for the graph writes to its inputs."""
        return {}

    @property
    def user_inputs_to_mutate(self) -> dict[str, str]:
        """Arguments by the outputs that hold their new values: none, for the graph writes to its inputs."""
        return {}

    def __str__(self) -> str:
        inputs, outputs = ("\n".join(map(str, specs)) for specs in (self.input_specs, self.output_specs))
        return f"\n# inputs\n{inputs}\n\n# outputs\n{outputs}\n"
