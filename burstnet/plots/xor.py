"""The exclusive-or task: before and after learning, one epoch, and its cost. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.rates import mean_and_sd
from ..analysis.xor import LINE, XorSummary, xor_summary
from ..analysis.xor_examples import PATTERNS, TARGETS, PatternTraces, examples, pattern_traces
from ..result import Result
from . import style
from .panels import Page, fit, zero_line

__all__ = ["draw_one_phase", "draw_xor", "one_phase_figure", "xor_figure"]

_LEFT, _RIGHT = 0.62, 0.62
#: The test before learning, after it, and any between.
_TESTS = (style.QUIET, style.OUTPUT, *style.BETWEEN)
#: Behind the patterns whose output should be high.
_HIGH = "#EAF1F7"


def xor_figure(result: Result, **names: Any) -> Figure:
    """The figure of `draw_xor` of a run.

    Parameters
    ----------
    result : Result
    **names
        See `burstnet.analysis.xor.xor_summary`.

    Raises
    ------
    ArgumentError
        As `xor_summary`.
    """
    return draw_xor(xor_summary(result, **names))


def draw_xor(summary: XorSummary, *, line: float = LINE) -> Figure:
    """(A) Output rate of every pattern before and after learning, (B) cost, (C) one epoch with its teaching.

    Parameters
    ----------
    summary : XorSummary
    line : float
        Event rate that should tell the outputs apart [Hz].

    Returns
    -------
    Figure
        Axes labelled ``tests`` with a line of markers for every test, ``cost`` with a line ``cost``, ``event_rate`` and
        ``burst_probability`` with a line for every population and a shade with the gid ``teaching`` in every example.

    See Also
    --------
    burstnet.analysis.xor.xor_summary : the numbers.

    References
    ----------
    Payeur et al. (2021), Fig. 4.
    """
    with matplotlib.rc_context(style.RC):
        page = Page(4.85)
        wide = page.width - _LEFT - _RIGHT
        _tests(page.axes("tests", _LEFT, 0.46, 2.5, 1.25, "A", 0.22), summary.tests, line)
        left = _LEFT + 2.5 + 0.85
        _cost(page.axes("cost", left, 0.46, page.width - left - 0.14, 1.25, "B", 0.22), summary)
        rate = page.axes("event_rate", _LEFT, 2.42, wide, 0.9, "C", 0.22)
        probability = page.axes("burst_probability", _LEFT, 3.5, wide, 0.9)
        _epoch(rate, summary.epoch, summary.epoch.event_rate, "event rate (Hz)", 1.0)
        zero_line(rate, line, "line")
        _epoch(probability, summary.epoch, summary.epoch.burst_probability, "burst\nprobability (%)", 100.0)
        rate.tick_params(labelbottom=False)
        probability.set_xlabel(f"time in epoch {summary.number + 1} (s)")
        _name_patterns(rate, summary.epoch.length)
        number = len(summary.costs)
        page.figure.text(
            1 - 0.14 / page.width, 0.02, f"{style.seeds_text(number)}; shaded in C: teaching", ha="right", va="bottom",
            size=6.5, color=style.QUIET,
        )  # fmt: skip
        return page.figure


def _tests(ax: Axes, tests: Mapping[str, np.ndarray], line: float) -> None:
    """A column a pattern; those that should be high stand on a shade."""
    for k, high in enumerate(TARGETS):
        if high:
            ax.axvspan(k - 0.5, k + 0.5, color=_HIGH, linewidth=0, zorder=-10, gid="high")
    zero_line(ax, line, "line")
    for k, (test, rates) in enumerate(tests.items()):
        colour, aside = _TESTS[k % len(_TESTS)], 0.3 * (k - (len(tests) - 1) / 2)
        mean, _ = mean_and_sd(rates)
        x = np.arange(len(PATTERNS)) + aside
        beside = x + 0.11
        if len(rates) > 1:
            ax.plot(
                np.repeat(beside, len(rates)), rates.T.ravel(), "o", markersize=1.8, color=colour, alpha=0.45,
                markeredgewidth=0, linestyle="none", label=f"{test} seeds", zorder=4,
            )  # fmt: skip
        filled = colour if k else "white"
        ax.plot(
            x, mean, "o", markersize=4.5, linestyle="none", markerfacecolor=filled, markeredgecolor=colour, label=test,
            zorder=3,
        )  # fmt: skip
    ax.annotate(
        f"{line:g} Hz", (1, line), (3, 0), ("axes fraction", "data"), "offset points",
        ha="left", va="center", size=6.5, color=style.QUIET, annotation_clip=False,
    )  # fmt: skip
    ax.set_xlim(-0.5, len(PATTERNS) - 0.5)
    fit(ax, [np.array([line]), *tests.values()], bottom=0.0)
    ax.set_xticks(range(len(PATTERNS)), PATTERNS)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel("input; shaded: output should be high")
    ax.set_ylabel("output event rate (Hz)")
    style.write_words(ax, [(t, _TESTS[k % len(_TESTS)]) for k, t in enumerate(tests)], offset=3)


def _cost(ax: Axes, summary: XorSummary) -> None:
    epochs = np.arange(1, summary.costs.shape[1] + 1)
    style.seed_lines(ax, epochs, summary.costs, style.INK, "cost")
    if len(epochs) == 1:
        ax.lines[-1].set(marker="o", markersize=3)  # no line shows a single epoch
    ax.axvline(summary.number + 1, color=style.QUIET, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=0.5, label="shown")
    ax.annotate(
        "C", (summary.number + 1, 1), (2, 0), ("data", "axes fraction"), "offset points",
        ha="left", va="top", size=6.5, color=style.QUIET,
    )  # fmt: skip
    if len(epochs) > 1:
        ax.set_xlim(1, len(epochs))
    else:
        ax.set_xlim(0.5, 1.5)
        ax.set_xticks(epochs)
    fit(ax, [summary.costs], bottom=0.0)
    ax.set_xlabel("epoch")
    ax.set_ylabel("cost of an epoch")


def _epoch(ax: Axes, epoch: PatternTraces, values: Mapping[str, np.ndarray], name: str, scale: float) -> None:
    colours = style.population_colours(["", *values])  # as in a circuit whose inputs are not drawn
    for population, traces in values.items():
        style.seed_lines(ax, epoch.time, scale * traces, colours[population], population)
    number = len(PATTERNS)
    ax.set_xlim(0, number * epoch.length)
    fit(ax, [scale * traces for traces in values.values()], bottom=0.0)
    for k in range(number):
        start = k * epoch.length
        if epoch.teaching < epoch.length:
            ax.axvspan(
                start + epoch.teaching,
                start + epoch.length,
                color=style.TEACHING,
                linewidth=0,
                zorder=-10,
                gid="teaching",
            )
        if k:
            ax.axvline(start, color=style.QUIET, linewidth=0.4, alpha=0.5, zorder=-5)
    ax.set_ylabel(name)
    style.end_labels(
        ax,
        [(scale * style.end_value(traces), population, colours[population]) for population, traces in values.items()],
    )


def _name_patterns(
    ax: Axes, length: float, patterns: Sequence[str] = PATTERNS, targets: Sequence[int] = TARGETS
) -> None:
    """The input of every example above it, and what its output should be."""
    for k, (pattern, target) in enumerate(zip(patterns, targets, strict=True)):
        ax.annotate(
            f"{pattern}  {'high' if target else 'low'}", ((k + 0.5) * length, 1), (0, 2), ("data", "axes fraction"),
            "offset points", ha="center", va="bottom", size=6.5,
        )  # fmt: skip


def one_phase_figure(
    schedules: Mapping[str, Mapping[str, Result]],
    *,
    population: str = "output",
    test: str = "after",
    published: Mapping[str, Mapping[str, PatternTraces]] | None = None,
    **names: Any,
) -> Figure:
    """The figure of `draw_one_phase` of runs.

    Parameters
    ----------
    schedules : mapping of str to mapping of str to Result
        Schedule, such as ``"two phases"``, to learning rule to run.
    population : str
        The output.
    test : str
        Phase without teacher after learning.
    published : mapping of str to mapping of str to PatternTraces, optional
        See `draw_one_phase`.
    **names
        ``length``, ``teaching`` and ``settled``, see `burstnet.analysis.xor_examples.examples`.

    Raises
    ------
    ArgumentError
        As `burstnet.analysis.xor_examples.examples` and `pattern_traces`.
    """
    found = {
        schedule: {
            rule: pattern_traces(result, (population,), examples(result, test, **names).epoch(0))
            for rule, result in rules.items()
        }
        for schedule, rules in schedules.items()
    }
    return draw_one_phase(found, published=published, population=population)


def draw_one_phase(
    schedules: Mapping[str, Mapping[str, PatternTraces]],
    *,
    published: Mapping[str, Mapping[str, PatternTraces]] | None = None,
    population: str = "output",
    line: float = LINE,
) -> Figure:
    """Output rates through the four patterns after learning, a panel a schedule, a line a learning rule.

    Parameters
    ----------
    schedules : mapping of str to mapping of str to PatternTraces
        Schedule, such as ``"two phases"``, to learning rule to one epoch without teacher.
    published : mapping of str to mapping of str to PatternTraces, optional
        The same of other work, drawn as thin dotted lines.
    population : str
        The output.
    line : float
        Event rate that should tell the outputs apart [Hz].

    Returns
    -------
    Figure
        Axes labelled by schedule with a line for every rule, and one labelled ``RULE published``.

    See Also
    --------
    burstnet.analysis.xor_examples.pattern_traces : the numbers.
    """
    rules = list(dict.fromkeys(rule for found in schedules.values() for rule in found))
    colours = dict(zip(rules, style.ARMS, strict=False))
    old = published or {}
    drawn = [t.event_rate[population] for group in (schedules, old) for found in group.values() for t in found.values()]
    with matplotlib.rc_context(style.RC):
        page = Page(2.35)
        gap = 0.3
        width = (page.width - _LEFT - 0.14 - gap * (len(schedules) - 1)) / len(schedules)
        for k, (schedule, found) in enumerate(schedules.items()):
            letter = "ABCDEFG"[k]
            ax = page.axes(schedule, _LEFT + k * (width + gap), 0.58, width, 1.25, letter, 0.38)
            length = next(iter(found.values())).length if found else 8.0
            for rule, traces in found.items():
                style.seed_lines(ax, traces.time, traces.event_rate[population], colours[rule], rule)
            for rule, traces in old.get(schedule, {}).items():
                mean = mean_and_sd(traces.event_rate[population])[0]
                ax.plot(
                    traces.time, mean, color=colours.get(rule, style.QUIET), linewidth=0.8, linestyle=(0, (1, 1)),
                    label=f"{rule} published", zorder=2.5,
                )  # fmt: skip
            ax.set_xlim(0, len(PATTERNS) * length)
            fit(ax, [np.array([line]), *drawn], bottom=0.0)
            for j, high in enumerate(TARGETS):
                if high:
                    ax.axvspan(j * length, (j + 1) * length, color=_HIGH, linewidth=0, zorder=-10, gid="high")
            zero_line(ax, line, "line")
            ax.set_xlabel("time (s)")
            _name_patterns(ax, length)
            ax.set_title(schedule, loc="left", pad=14)
            if k:
                ax.tick_params(labelleft=False)
            else:
                ax.set_ylabel("output event rate (Hz)")
        _key(page, colours, bool(old), schedules)
        return page.figure


def _key(
    page: Page, colours: Mapping[str, str], published: bool, schedules: Mapping[str, Mapping[str, PatternTraces]]
) -> None:
    """Rules in their colours, and what the lines are, at the foot of the page."""
    x = _LEFT / page.width
    for rule, colour in colours.items():
        text = page.figure.text(x, 0.02, rule, ha="left", va="bottom", size=7, color=colour)
        x += (0.058 * len(rule) + 0.18) / page.width
        text.set_gid(f"key {rule}")
    numbers = {len(next(iter(t.event_rate.values()))) for found in schedules.values() for t in found.values()}
    said = [style.seeds_text(numbers.pop())] if len(numbers) == 1 else []
    said += ["dotted: published"] if published else []
    page.figure.text(1 - 0.14 / page.width, 0.02, "; ".join(said), ha="right", va="bottom", size=6.5, color=style.QUIET)
