"""A cortex driven by a cerebellum: learning, ablation, switching, consolidation. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..analysis.rates import mean_and_sd
from ..result import Result
from . import style
from .panels import Page, fit

__all__ = [
    "cerebellar_drive_figure",
    "cerebellar_networks_figure",
    "cerebellar_switching_figure",
    "consolidation_figure",
]

_LEFT, _TOP, _HEIGHT, _BELOW = 0.62, 0.42, 1.6, 0.5
#: The tests of a session in the order of the variable ``test``.
_TESTS = ("intact", "cerebellum off", "off in a part")
_COLOURS = (style.OUTPUT, style.LESIONED, style.ARMS[4])


def cerebellar_drive_figure(result: Result) -> Figure:
    """(A) Error over sessions with and without the cerebellum; (B) what the network then does within a trial.

    Parameters
    ----------
    result : Result
        Of the protocol ``cerebellar-drive``.

    Returns
    -------
    Figure
        Axes labelled ``error`` with a line for every test, and ``paths``, ``selectivity`` or ``evidence`` by task.

    References
    ----------
    Pemberton et al. (2024), Figs. 2 and 5.
    """
    data = result.data
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, 6.4 if "path" in data else 7.2)
        errors = {_TESTS[k]: data[f"error{name}"].values for k, name in enumerate(("", "_silenced", "_silenced_part"))}
        colours = dict(zip(_TESTS, _COLOURS, strict=True))
        _curves(page.axes("error", _LEFT, _TOP, 2.3, _HEIGHT, "A", 0.26), errors, colours, _error_name(data))
        left = _LEFT + 2.3 + 1.35
        if "path" in data:
            _paths(page.axes("paths", left, _TOP, _HEIGHT, _HEIGHT, "B", 0.26), data)
        elif "evidence_weight" in data:
            _evidence(page.axes("evidence", left, _TOP, 1.8, _HEIGHT, "B", 0.26), data["evidence_weight"].values)
        else:
            ax = page.axes("selectivity", left, _TOP, 1.8, _HEIGHT, "B", 0.26)
            values = {test: data["selectivity"].values[:, k] for k, test in enumerate(_TESTS)}
            _curves(ax, values, colours, "cortical selectivity", first=0, along="step of a trial")
        _seeds(page, result)
        return page.figure


def cerebellar_networks_figure(results: Mapping[str, Result], variable: str = "error") -> Figure:
    """Error over sessions in several runs, a line each.

    Parameters
    ----------
    results : mapping of str to Result
        Name, such as ``"cerebellum"``, to run.
    variable : str

    Returns
    -------
    Figure
        Axes labelled ``error``, a line for every name.
    """
    colours = dict(zip(results, (style.OUTPUT, style.ARMS[0], *style.ARMS[2:]), strict=False))
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, 4.8)
        values = {name: result.data[variable].values for name, result in results.items()}
        any_of = next(iter(results.values()))
        _curves(page.axes("error", _LEFT, _TOP, 2.7, _HEIGHT), values, colours, _error_name(any_of.data))
        _seeds(page, any_of)
        return page.figure


def cerebellar_switching_figure(result: Result) -> Figure:
    """Errors of both tasks through the three phases.

    Parameters
    ----------
    result : Result
        Of the protocol ``cerebellar-switching``.

    Returns
    -------
    Figure
        Axes labelled ``error`` with the lines ``first task`` and ``second task``, phases marked.
    """
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, 5.4)
        ax = page.axes("error", _LEFT, _TOP, 3.6, _HEIGHT)
        values = {f"{name} task": result.data[f"error_{name}"].values for name in ("first", "second")}
        _curves(ax, values, dict(zip(values, style.ARMS[1::-1], strict=False)), "mean squared error")
        _phases(ax, {f"{name}": span for name, span in result.phases.items()})
        _seeds(page, result)
        return page.figure


def consolidation_figure(result: Result) -> Figure:
    """(A) Accuracy with and without the cerebellum, (B) the weights from cerebellum to cortex.

    Parameters
    ----------
    result : Result
        Of the protocol ``consolidation``.

    Returns
    -------
    Figure
        Axes labelled ``accuracy`` with the lines ``intact`` and ``cerebellum off``, and ``weights`` with ``norm``.

    References
    ----------
    Pemberton et al. (2024), Fig. 8.
    """
    data = result.data
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW)
        ax = page.axes("accuracy", _LEFT, _TOP, 2.9, _HEIGHT, "A", 0.26)
        values = {_TESTS[k]: 100 * (1 - data[f"error{name}"].values) for k, name in enumerate(("", "_silenced"))}
        _curves(ax, values, dict(zip(_TESTS, _COLOURS, strict=True)), "right choices (%)")
        ax.set_ylim(0, 103)
        _phases(ax, result.phases)
        ax = page.axes("weights", _LEFT + 2.9 + 1.6, _TOP, 1.6, _HEIGHT, "B", 0.26)
        asleep = data["similarity"].notnull().values.all(axis=0)
        norm = 100 * data["drive_norm"].values[:, asleep] / data["drive_norm_awake"].values[:, None]
        _curves(ax, {"norm": norm}, {"norm": style.INK}, "drive weights\n(% of those awake)", along="session of sleep")
        _seeds(page, result)
        return page.figure


def _error_name(data: Mapping) -> str:
    return "wrong choices" if "selectivity" in data else "mean squared error"


def _curves(
    ax: Axes,
    values: Mapping[str, np.ndarray],
    colours: Mapping[str, str],
    name: str,
    *,
    first: int = 1,
    along: str = "session",
) -> None:
    """Lines over sessions, labelled at their ends."""
    for label, per_seed in values.items():
        at = np.arange(first, first + per_seed.shape[1])
        style.seed_lines(ax, at, per_seed, colours[label], label)
        if len(at) == 1:
            ax.lines[-1].set(marker="o", markersize=3)  # no line shows a single session
    longest = max(per_seed.shape[1] for per_seed in values.values())
    ax.set_xlim(first, max(first + 1, first + longest - 1))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    fit(ax, list(values.values()), bottom=0.0)
    ax.set_xlabel(along)
    ax.set_ylabel(name)
    if len(values) > 1:
        style.end_labels(ax, [(style.end_value(v), label, colours[label]) for label, v in values.items()])


def _paths(ax: Axes, data: Mapping) -> None:
    """Mean output for every cue, over seeds, beside the target."""
    for path in data["target_path"].values[0]:
        ax.plot(*path.T, color=style.INK, linewidth=0.6, linestyle=(0, (1, 1.5)), label="target")
    drawn = data["path"].values.mean(axis=0)
    for k in (1, 0):
        for path in drawn[k]:
            ax.plot(*path.T, color=_COLOURS[k], label=_TESTS[k])
    ax.set_aspect("equal")
    ax.set_xlim(-1.25, 1.25)
    ax.set_ylim(-1.25, 1.25)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    style.write_words(ax, [(_TESTS[0], _COLOURS[0]), (_TESTS[1], _COLOURS[1]), ("target", style.INK)])


def _evidence(ax: Axes, weights: np.ndarray) -> None:
    """Weight of a puff by when it came: cerebellum never off, off in the middle part, off in the whole trial."""
    number = weights.shape[2]
    middle, parts = number // 2, np.arange(1, number + 1)
    shown = {
        "intact": weights[:, 0],
        f"off in part {middle + 1}": weights[:, 1 + middle],
        "cerebellum off": weights[:, -1],
    }
    colours = dict(zip(shown, (_COLOURS[0], _COLOURS[2], _COLOURS[1]), strict=True))
    ax.axvspan(middle + 0.5, middle + 1.5, color=style.LESION, linewidth=0, zorder=-9, gid="lesion")
    for label, values in shown.items():
        style.seed_lines(ax, parts, values, colours[label], label)
    ax.set_xticks(parts)
    fit(ax, list(shown.values()))
    ax.set_xlabel("part of the cue period")
    ax.set_ylabel("weight of a puff")
    style.end_labels(ax, [(float(mean_and_sd(v)[0][-1]), label, colours[label]) for label, v in shown.items()])


def _phases(ax: Axes, phases: Mapping[str, tuple[float, float]]) -> None:
    """Where phases meet, with their names above."""
    for name, (start, stop) in phases.items():
        if start:
            ax.axvline(
                start + 0.5, color=style.QUIET, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=0.5, label="phase"
            )
        if stop > start:
            ax.annotate(
                name, (max(start + 0.5, 1), 1), (2, 2), ("data", "axes fraction"), "offset points",
                ha="left", va="bottom", size=6.5, color=style.QUIET,
            )  # fmt: skip


def _seeds(page: Page, result: Result) -> None:
    number = result.data.sizes["seed"]
    page.figure.text(
        1 - 0.14 / page.width, 0.02, style.seeds_text(number), ha="right", va="bottom", size=6.5, color=style.QUIET
    )
