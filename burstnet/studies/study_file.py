"""A study as a TOML file, read and written. Imports study, lesion and errors; nothing in a file is evaluated."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, unknown_name
from ..seeds import parse_seeds
from .study import CONTROL, Arm, Study, lesion_study, sweep_study

__all__ = ["parse_study", "read_study", "study_text"]

_BEGINNING = {"from": "start_from", "continue": "continue_from", "until": "until"}
_KEYS = ("protocol", "target", "seeds", *_BEGINNING, "settings", "lesions", "arms", "vary", "margins")
_ARM_KEYS = ("lesions", "settings")
#: A study file is written by hand; what is longer is something else.
_LONGEST = 1_000_000


def read_study(path: Path) -> Study:
    """The study that a file describes.

    Raises
    ------
    ArgumentError
        With the file's name and what is wrong in it.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ArgumentError(f"{path} is not a study file; it is longer than {_LONGEST} bytes.")
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ArgumentError(f"The study file {path} cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError as problem:
        raise ArgumentError(f"{path} is not a study file; it is not UTF-8 text.") from problem
    try:
        return parse_study(text)
    except ArgumentError as problem:
        raise ArgumentError(f"{path}: {problem}") from problem


def parse_study(text: str) -> Study:
    """The study that a TOML text describes.

    Parameters
    ----------
    text : str
        Keys: ``protocol`` (a name), ``target``, ``seeds`` (``"1:10"`` or a list), ``from`` or ``continue`` (a saved
        result) and ``until`` (a time), the tables ``settings`` and ``margins`` (metrics and numbers in their units), and
        either the table ``arms`` (label to lesions: a text, a list of texts, or a table with ``lesions`` and
        ``settings``) or the table ``vary`` (name to a list of values) with ``lesions`` (a list) for every point. With
        neither it is the control alone, with ``lesions`` if there are any.

    Raises
    ------
    ArgumentError
        One line, whatever the names in the file are.
    """
    try:
        return _parsed(text)
    except ArgumentError as problem:
        raise ArgumentError(" ".join(str(problem).split())) from problem


def _parsed(text: str) -> Study:
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        reason = str(problem)[:200] or "nested too deeply"
        raise ArgumentError(f"The study file is not TOML ({reason}).") from problem
    for key in found:
        if key not in _KEYS:
            raise unknown_name("key of a study file", key, _KEYS)
    if "protocol" not in found:
        raise ArgumentError('The study file has no protocol; write for instance protocol = "target-rate".')
    protocol, target = _text(found["protocol"], "protocol"), _text(found.get("target", "auto"), "target")
    from ..targets.target import TARGETS

    if target not in TARGETS:
        raise unknown_name("target", target, TARGETS)
    common: dict[str, Any] = {"settings": _settings(found.get("settings", {}), "settings"), "target": target}
    common |= {field: _text(found[key], key) for key, field in _BEGINNING.items() if key in found}
    common["margins"] = _settings(found.get("margins", {}), "margins")
    seeds = _seeds(found.get("seeds", "1"))
    lesions = _lesions(found.get("lesions", []), "lesions")
    if "arms" in found and "vary" in found:
        raise ArgumentError("A study file has arms or vary, not both; write two studies.")
    if "vary" in found:
        vary = _table(found["vary"], "vary")
        points = {name: _list(values, f"vary.{name}") for name, values in vary.items()}
        return sweep_study(protocol, points, seeds, lesions=lesions, **common)
    if "arms" in found:
        if lesions:
            raise ArgumentError("lesions is not allowed beside arms; write each arm's lesions in arms.")
        given = _table(found["arms"], "arms")
        arms = [_arm(label, what) for label, what in given.items() if not _is_control(label, what)]
        return lesion_study(protocol, arms, seeds, **common)
    return Study(protocol, (Arm(CONTROL, lesions),), tuple(seeds), **common)


def study_text(study: Study) -> str:
    """A study as TOML that `parse_study` reads back; of a circuit of one's own, a note for people."""
    lines = ["# A study; `burstnet lesion --study FILE` or `burstnet sweep --study FILE` runs it."]
    if isinstance(study.protocol, str):
        lines.append(f"protocol = {_quoted(study.protocol)}")
    else:
        lines.append(f"# {study.name}: a circuit and a timeline made in Python, which a file cannot hold")
    lines += [f"target = {_quoted(study.target)}", f"seeds = [{', '.join(map(str, study.seeds))}]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in study.beginning.items()]
    if study.arms[0].lesions and (len(study.arms) == 1 or _axes(study)):
        lines.append(f"lesions = {_listed(study.arms[0].lesions)}")
    if study.settings:
        lines += ["", "[settings]", *(f"{_quoted(name)} = {_quoted(v)}" for name, v in study.settings.items())]
    if study.margins:
        lines += ["", "[margins]", *(f"{_quoted(name)} = {value!r}" for name, value in study.margins.items())]
    if axes := _axes(study):
        return (
            "\n".join([*lines, "", "[vary]", *(f"{_quoted(name)} = {_listed(v)}" for name, v in axes.items())]) + "\n"
        )
    others = [arm for arm in study.arms if arm.label != CONTROL]
    lines += ["", "[arms]"] if others else []
    for arm in others:
        if arm.settings:
            inner = ", ".join(f"{_quoted(name)} = {_quoted(v)}" for name, v in arm.settings.items())
            lines.append(f"{_quoted(arm.label)} = {{lesions = {_listed(arm.lesions)}, settings = {{{inner}}}}}")
        else:
            lines.append(f"{_quoted(arm.label)} = {_listed(arm.lesions)}")
    return "\n".join(lines) + "\n"


def _axes(study: Study) -> dict[str, list[str]]:
    """Names and values of a grid, in order; empty if the arms are anything else."""
    axes: dict[str, dict[str, None]] = {}
    for arm in study.arms:
        for name, value in arm.settings.items():
            axes.setdefault(name, {})[value] = None
    vary = {name: list(values) for name, values in axes.items()}
    if not vary:
        return {}
    grid = sweep_study(study.protocol, vary, study.seeds, lesions=study.arms[0].lesions, circuit=study.circuit)
    return vary if grid.arms == study.arms else {}


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes and, where JSON needs none, TOML's of the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Any) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{name} = {_shown(value)} is not allowed; write a text in quotes.")
    return value


def _table(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArgumentError(f"{name} = {_shown(value)} is not allowed; write a table, [{name}].")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ArgumentError(
            f'{name} = {_shown(value)} is not allowed; write a list of values, such as ["8 Hz", "10 Hz"].'
        )
    return [_value(entry, name) for entry in value]


def _value(value: object, name: str) -> str | int | float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ArgumentError(f'{name} = {_shown(value)} is not allowed; write a number, or a text such as "8 Hz".')
    return value


def _settings(value: object, name: str) -> dict[str, str | int | float]:
    return {key: _value(entry, f"{name}.{key}") for key, entry in _table(value, name).items()}


def _lesions(value: object, name: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ArgumentError(
            f'{name} = {_shown(value)} is not allowed; write a list of texts, such as ["Y:scale=0@20s..50s"].'
        )
    return value


def _arm(label: str, value: object) -> Arm:
    if not isinstance(value, dict):
        return Arm(label, _lesions(value, f"arms.{label}"))
    for key in value:
        if key not in _ARM_KEYS:
            raise unknown_name(f"key of arm {label!r}", key, _ARM_KEYS)
    lesions = _lesions(value.get("lesions", []), f"arms.{label}.lesions")
    return Arm(label, lesions, _settings(value.get("settings", {}), f"arms.{label}.settings"))


def _is_control(label: str, value: object) -> bool:
    """Whether an arm is the control written out, which is always there."""
    return label.strip() == CONTROL and value in ([], "", {})


def _seeds(value: object) -> list[int]:
    if isinstance(value, str):
        return parse_seeds(value, "seeds")
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, list) or not all(isinstance(v, int) and not isinstance(v, bool) for v in value):
        raise ArgumentError(f'seeds = {_shown(value)} is not allowed; write "1:10" or a list such as [1, 4, 7].')
    return value
