"""What the folder of a study holds at this moment. Imports folder and errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from .folder import StudyFolder

__all__ = ["describe", "status_of"]


def status_of(path: Path) -> dict[str, Any]:
    """Runs of every arm that are done, failed (with reasons) and missing; whether someone is at work; whether it is finished.

    Raises
    ------
    ArgumentError
        If the folder holds no study.
    ResultError
        If its manifest is broken.
    """
    place = StudyFolder(path)
    manifest = place.manifest()
    if manifest is None:
        return _single(path)
    arms = {}
    for label, arm in manifest["arms"].items():
        states: dict[str, list[int]] = {"done": [], "failed": [], "missing": []}
        for seed in manifest["seeds"]:
            states[place.state(arm["slug"], seed)].append(seed)
        reasons = {str(seed): place.record(arm["slug"], seed).get("reason", "no reason") for seed in states["failed"]}
        arms[label] = {"done": states["done"], "failed": reasons, "missing": states["missing"]}
    whole = all(not arm["missing"] for arm in arms.values())
    return {
        "protocol": manifest.get("protocol"),
        "target": manifest.get("target"),
        "arms": arms,
        "running": place.attempts(),
        "in_use": place.in_use(),
        "finished": whole and (path / "summary.json").exists(),
    }


def _single(path: Path) -> dict[str, Any]:
    """A finished `burstnet run`, which keeps no runs of its own."""
    try:
        summary = json.loads((path / "summary.json").read_text())
        arms = {"control": {"done": list(summary["seeds"]), "failed": {}, "missing": []}}
        return {
            "protocol": summary["protocol"],
            "target": summary["target"],
            "arms": arms,
            "running": {},
            "in_use": StudyFolder(path).in_use(),
            "finished": (path / "result.nc").exists(),
        }
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ArgumentError(f"{path} holds no study; give the folder of a run, lesion or sweep command.") from problem


def describe(found: dict[str, Any]) -> str:
    """A status for a person."""
    arms = found["arms"]
    totals = {what: sum(len(arm[what]) for arm in arms.values()) for what in ("done", "failed", "missing")}
    state = "finished" if found["finished"] else "in use now" if found["in_use"] else "not finished"
    counts = ", ".join(f"{number} {what}" for what, number in totals.items() if number or what == "done")
    lines = [f"{found['protocol']} on {found['target']}: {state}; runs: {counts}"]
    width = max(len(label) for label in arms)
    for label, arm in arms.items():
        parts = [f"{len(arm['done'])} done"]
        parts += [f"missing seeds {_ranges(arm['missing'])}"] if arm["missing"] else []
        lines.append(f"  {label:<{width}}  {'; '.join(parts)}")
        for seed, reason in arm["failed"].items():
            lines.append(f"  {'':<{width}}  seed {seed} failed: {reason}")
    for name, done in found["running"].items():
        lines.append(f"  {name}: {100 * done:.0f} % of its run")
    if not found["finished"] and not found["in_use"]:
        lines.append("the command that made it, run again, does what is missing")
    return "\n".join(lines)


def _ranges(numbers: list[int]) -> str:
    """``[1, 2, 3, 7]`` as ``1:3,7``."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{a}:{b}" if b > a else str(a) for a, b in spans)
