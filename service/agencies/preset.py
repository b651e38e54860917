"""A preset is one YAML file that describes one government: its agencies, heads, areas, categories and pact.

`parse` and `read` turn it into a frozen `Preset`, or raise `PresetError` that names every fault at once, each with its
place in the file, so that an administrator mends a file in one round. Nothing here touches the database.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from service.agencies import preset_sections
from service.agencies.preset_checks import check
from service.agencies.preset_model import Preset
from service.agencies.reading import Reader

__all__ = ["FOLDER", "Preset", "PresetError", "parse", "read"]

FOLDER = Path(__file__).resolve().parents[2] / "presets"
# libyaml reads a file of 300 areas ten times faster than the pure Python loader.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PresetError(Exception):
    """The preset cannot be used. `faults` lists every reason; the message has one a line."""

    def __init__(self, faults: Iterable[str], source: str = "preset") -> None:
        """Keep the faults and write them under the name of their source."""
        self.faults = tuple(faults)
        count = len(self.faults)
        lines = [f"{source}: {count} fault{'s' if count > 1 else ''}", *(f"  - {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines))


class _Loader(_Safe):  # type: ignore[misc]
    """A safe loader that refuses a key written twice: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build the mapping after looking for repeated keys."""
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        counts = Counter(key.value for key in keys)
        for key in keys:
            if counts[key.value] > 1:
                raise yaml.constructor.ConstructorError(None, None, f'key "{key.value}" stands twice', key.start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read(name_or_path: str) -> Preset:
    """Read `presets/NAME.yaml`, or the file at a path. Raises PresetError, also where there is no such file."""
    is_path = "/" in name_or_path or name_or_path.endswith((".yaml", ".yml"))
    path = Path(name_or_path) if is_path else FOLDER / f"{name_or_path}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yaml")))
        raise PresetError([f"there is no such file; the presets at hand are: {known}"], str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError([f"cannot be read as text: {error}"], str(path)) from error
    return parse(text, str(path))


def parse(text: str, source: str = "preset") -> Preset:
    """Turn YAML text into a Preset. Raises PresetError with all faults; `source` heads its message."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - _Loader is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise PresetError([f"{place}{error.problem or error}"], source) from error
    except (yaml.YAMLError, ValueError) as error:
        raise PresetError([f"is not YAML: {error}"], source) from error
    faults: list[str] = []
    reader = Reader(document, "", faults)
    if faults:
        raise PresetError(faults, source)
    preset = preset_sections.build(reader)
    faults += check(preset)
    if faults:
        raise PresetError(faults, source)
    return preset
