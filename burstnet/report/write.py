"""Puts a page together and writes it. Imports the other parts of the report.

The page refers to nothing outside itself, runs no script, and escapes every text; its own policy forbids the rest.
"""

from __future__ import annotations

import os
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..citations import BRIAN2, BURSTNET
from ..errors import ArgumentError
from ..result import write_atomically
from .about import About, about_protocol
from .figures import Picture, headline, pictures
from .folder import Outcome, read_folder
from .tables import comparison_words, facts_table, lesions_table, metrics_table, parameters_table, settings_table
from .warnings import ranges, warnings_of

__all__ = ["page", "write_report"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_PIXELS = 125  # an inch of a drawing on the screen: printed type is small there
_MOST_FIRST = 15


def write_report(
    folder: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, about: About | None = None
) -> Path:
    """Write one HTML page for the folder of a run, study or sweep.

    Parameters
    ----------
    folder : path
        As ``burstnet run``, ``lesion`` or ``sweep`` leave it.
    out : path, optional
        ``report.html`` in the folder by default.
    about : About, optional
        What the folder does not say; looked up by the protocol's name by default.

    Returns
    -------
    Path
        The page: whole, or not written.

    Raises
    ------
    ArgumentError
        If `out` is a folder.
    ResultError
        If the folder holds nothing finished, is broken, or the page cannot be written.
    """
    source = Path(folder)
    target = Path(out) if out is not None else source / "report.html"
    if target.is_dir():
        raise ArgumentError(f"-o {target} is a folder; give the name of a file, for instance {target / 'report.html'}.")
    outcome = read_folder(source)
    outcome.load()
    if about is None:
        first = next(iter(outcome.arms.values()), None)
        sizes = first.settings if outcome.kind == "sweep" and first else {}
        about = about_protocol(outcome.protocol, outcome.settings | sizes)
    text = page(outcome, about)
    write_atomically(target, lambda scratch: scratch.write_text(text, encoding="utf-8"))
    return target


def page(outcome: Outcome, about: About) -> str:
    """The page as text."""
    title = about.title or {"run": "Run", "study": "Lesion study", "sweep": "Sweep"}[outcome.kind]
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    parts = [_warnings(outcome), *_figures(outcome, about), _measured(outcome, about), _what_differs(outcome)]
    parts += [_parameters(outcome, about), _provenance(outcome), _repeat(outcome), _cite(about)]
    name = f"{outcome.protocol}: {_KINDS[outcome.kind]}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(name)}</title>\n<link rel="icon" href="data:,">\n<style>\n{style}</style>\n</head>\n<body>\n'
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="lead">{_lead(outcome)}</p>\n</header>\n<main>\n'
        + "\n".join(part for part in parts if part)
        + f"\n</main>\n<footer>{_footer(outcome)}</footer>\n</body>\n</html>\n"
    )


_KINDS = {"run": "run", "study": "lesion study", "sweep": "sweep"}


def _lead(outcome: Outcome) -> str:
    """What was done, in a sentence or two."""
    seeds = f"seed{'s' * (len(outcome.seeds) > 1)} {ranges(outcome.seeds)}"
    number = len(outcome.arms)
    what = {
        "run": f"A run of <b>{escape(outcome.protocol)}</b> with {seeds}",
        "study": f"A study of <b>{escape(outcome.protocol)}</b>: {number} arm{'s' * (number > 1)}, each with {seeds}",
        "sweep": f"A sweep of <b>{escape(outcome.protocol)}</b>: {number} point{'s' * (number > 1)}, each with {seeds}",
    }[outcome.kind]
    length = outcome.simulated
    simulated = f"{length} simulated, on" if length else "On"
    told = f"{what}. {simulated} the target {escape(outcome.target)}."
    failed = sum(len(arm.failed) for arm in outcome.arms.values())
    return told + (f" {failed} run{'s' * (failed > 1)} failed." if failed else "")


def _section(title: str, *parts: str) -> str:
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}\n</section>" if inside else ""


def _warnings(outcome: Outcome) -> str:
    found = warnings_of(outcome)
    if not found:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in found)
    return f'<section class="warnings" role="note">\n<h2>To be aware of</h2>\n<ul>{items}</ul>\n</section>'


def _figures(outcome: Outcome, about: About) -> list[str]:
    found = []
    for group in pictures(outcome, about):
        note = f'<p class="note">{escape(group.note)}</p>' if group.note else ""
        drawn = "".join(map(_figure, group.pictures))
        found.append(_section(group.heading, note, f'<div class="figures">{drawn}</div>'))
    return found


def _figure(picture: Picture) -> str:
    kind = ' class="wide"' if picture.wide else ""
    width = "" if picture.wide else f' width="{picture.width * _PIXELS:.0f}"'
    caption = f"<b>{escape(picture.title)}</b> {escape(picture.caption)}".strip()
    return (
        f'<figure{kind}><img src="{picture.uri}" alt="{escape(picture.title)}"{width}>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _measured(outcome: Outcome, about: About) -> str:
    every = list(dict.fromkeys(name for arm in outcome.arms.values() for name in arm.metrics))
    if not every:
        return ""
    first = headline(outcome, about)[:_MOST_FIRST]
    rest = [name for name in every if name not in first]
    folded = f"<details><summary>{len(rest)} further metrics</summary>{metrics_table(outcome, rest)}</details>"
    words = comparison_words(outcome)
    return _section(
        "Numbers",
        f'<p class="note">{words}</p>' if words else "",
        metrics_table(outcome, first),
        folded if rest else "",
    )


def _what_differs(outcome: Outcome) -> str:
    title = "Points of the sweep" if outcome.kind == "sweep" else "Arms"
    return _section(title, lesions_table(outcome), settings_table(outcome))


def _parameters(outcome: Outcome, about: About) -> str:
    """Those that differ from their defaults first, of the first arm; the settings of arms stand in a table of their own."""
    arm = next((arm for arm in outcome.arms.values() if arm.parameters), None)
    if arm is None:
        return _section("Parameters", facts_table(outcome.settings.items()) if outcome.settings else "")
    varied = {name for other in outcome.arms.values() for name in other.settings}
    shared = {name: value for name, value in arm.parameters.items() if name not in varied}
    differing = {name: value for name, value in shared.items() if about.defaults and about.defaults.get(name) != value}
    rest = {name: value for name, value in shared.items() if name not in differing}
    if not about.defaults:
        said = ""
    elif differing:
        said = f"<p>These differ from their defaults.</p>{parameters_table(differing, about.defaults)}"
    else:
        said = (
            "<p>All have their defaults.</p>"
            if not varied
            else "<p>All others than those above have their defaults.</p>"
        )
    name = f"{len(rest)} {'further ' if differing else ''}parameters"
    return _section(
        "Parameters", said, f"<details><summary>{name}</summary>{parameters_table(rest, {})}</details>" if rest else ""
    )


def _provenance(outcome: Outcome) -> str:
    facts: list[tuple[str, Any]] = [
        (str(k), v) for k, v in outcome.provenance.items() if k not in ("command", "packages")
    ]
    facts += [(name.removesuffix("_s").replace("_", " "), f"{value:.3g} s") for name, value in _seconds(outcome)]
    return _section("Provenance", facts_table(facts))


def _seconds(outcome: Outcome) -> list[tuple[str, float]]:
    return [
        (name, float(value))
        for name, value in outcome.timing.items()
        if name.endswith("_s") and name != "simulated_s" and isinstance(value, (int, float)) and "_per_" not in name
    ]


def _repeat(outcome: Outcome) -> str:
    command = str(outcome.provenance.get("command") or "")
    if not command:
        return ""
    version = outcome.provenance.get("burstnet")
    said = f"<p>With burstnet {escape(str(version))}:</p>" if version else ""
    return _section("To repeat it", said, f"<pre><code>{escape(command)}</code></pre>")


def _cite(about: About) -> str:
    sources = [text for text in (about.citation, BRIAN2, BURSTNET) if text]
    return _section("Please cite", *(f"<p>{escape(text)}</p>" for text in sources))


def _footer(outcome: Outcome) -> str:
    date = str(outcome.provenance.get("date") or "").partition("T")[0]
    return f"Made with burstnet{f' from runs of {escape(date)}' if date else ''}. This page holds everything it shows."
