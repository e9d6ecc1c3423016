"""The state of a run apart from its model: what another run needs to go on as if there had been one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.errors import ModelFileError
from zoo_core.parts import Array
from zoo_core.storage import pack, quoted, unpack


def unpacked_run(section: Mapping[str, Any], arrays: Mapping[str, Array], name: str) -> dict[str, Any]:
    """Return the values by path in the section `run` of the file `name`. Raises ModelFileError for what is none."""
    found = {}
    for path, value in section.items():
        try:
            found[path] = unpack(value, arrays)
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError, StopIteration) as error:
            shown = quoted(path, 100)
            raise ModelFileError(f"{name}: header.run: {shown} is no state of a run; get another file") from error
    return found


class RunState:
    """The values of a run by path: in memory, or as a file holds them. A file may be a stranger's: read it late."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: Mapping[str, Any] = values
        self._arrays: Mapping[str, Array] | None = None  # of a file, whose packed values `_values` are
        self._name = ""

    @classmethod
    def of_file(cls, section: Mapping[str, Any], arrays: Mapping[str, Array], name: str) -> RunState:
        """Return the state in the section `run` of a header."""
        state = cls(section)
        state._arrays, state._name = arrays, name
        return state

    def values(self) -> Mapping[str, Any]:
        """Return the values by path; arrays may be those of a run. Raises ModelFileError for another section."""
        if self._arrays is None:
            return self._values
        return unpacked_run(self._values, self._arrays, self._name)

    def packed(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the section of a header, and the arrays of the file. Raises PluginError for what no file holds."""
        arrays: dict[str, Array] = {}
        return {path: pack(value, path, arrays) for path, value in self.values().items()}, arrays
