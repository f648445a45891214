"""What else one may say about a graph that is to be quantized."""

from __future__ import annotations

from typing import Any, ClassVar, Self

__all__ = ["ConvertCustomConfig", "FuseCustomConfig", "PrepareCustomConfig"]


class _KeepsAttributes:
    _KEYS: ClassVar[dict[str, str]] = {"preserved_attributes": "preserved_attributes"}

    def __init__(self) -> None:
        self.preserved_attributes: list[str] = []

    def set_preserved_attributes(self, attributes: list[str]) -> Self:
        """Keep attributes of the model that its graph does not use."""
        self.preserved_attributes = attributes
        return self

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Self:
        """A configuration of the form before there were these classes: a dictionary with keys as in ``_KEYS``.

        Keys of what is not here are left out.
        """
        made = cls()
        for key, name in cls._KEYS.items():
            if key in given:
                setattr(made, name, given[key])
        return made

    @classmethod
    def of(cls, given: Self | dict[str, Any] | None) -> Self:
        """What a caller gave: such a configuration, a dictionary, or nothing."""
        return cls.from_dict(given) if isinstance(given, dict) else given or cls()


class FuseCustomConfig(_KeepsAttributes):
    """Of `fuse_fx`.

    Attributes:
        preserved_attributes: names of attributes that the graph's module keeps.
    """


class PrepareCustomConfig(_KeepsAttributes):
    """Of `prepare_fx`.

    Attributes:
        non_traceable_module_names, non_traceable_module_classes: modules that stay whole and in floats.
        input_quantized_indexes: numbers of the model's inputs that are quantized already.
        output_quantized_indexes: 0 if the model's result shall stay quantized, else nothing.
        preserved_attributes: names of attributes that the graph's module keeps.
    """

    _KEYS: ClassVar[dict[str, str]] = {
        **_KeepsAttributes._KEYS,
        "non_traceable_module_name": "non_traceable_module_names",
        "non_traceable_module_class": "non_traceable_module_classes",
        "input_quantized_idxs": "input_quantized_indexes",
        "output_quantized_idxs": "output_quantized_indexes",
    }

    def __init__(self) -> None:
        super().__init__()
        self.non_traceable_module_names: list[str] = []
        self.non_traceable_module_classes: list[type[Any]] = []
        self.input_quantized_indexes: list[int] = []
        self.output_quantized_indexes: list[int] = []

    def set_non_traceable_module_names(self, module_names: list[str]) -> PrepareCustomConfig:
        """Leave modules of these names as they are."""
        self.non_traceable_module_names = module_names
        return self

    def set_non_traceable_module_classes(self, module_classes: list[type[Any]]) -> PrepareCustomConfig:
        """Leave modules of these classes as they are."""
        self.non_traceable_module_classes = module_classes
        return self

    def set_input_quantized_indexes(self, indexes: list[int]) -> PrepareCustomConfig:
        """Take inputs for quantized tensors."""
        self.input_quantized_indexes = indexes
        return self

    def set_output_quantized_indexes(self, indexes: list[int]) -> PrepareCustomConfig:
        """Let the model's result stay quantized."""
        self.output_quantized_indexes = indexes
        return self


class ConvertCustomConfig(_KeepsAttributes):
    """Of `convert_fx`.

    Attributes:
        preserved_attributes: names of attributes that the graph's module keeps.
    """
