"""The figures of a study: which of burstnet's plots are drawn of it. Imports plots, analysis, result and study_result."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.paired import Comparison
from ..analysis.tables import arms_of_summary
from ..errors import ArgumentError
from ..experiment import find_experiment
from ..result import Result, write_atomically
from .study import CONTROL, Study
from .study_result import StudyResult
from .worker import die_with

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Aside", "draw_curves", "draw_metrics"]

#: Arms of which curves, or dots, in one pair of axes can still be told apart.
_MOST_CURVES, _MOST_ARMS = 8, 16
#: Metrics that are drawn; the table has all.
_PANELS = 6
_QUANTITIES = ("event rate", "burst probability", "weight")
#: Results without spikes that are kept between two curves, rather than read again.
_KEPT = 100

Draw = Callable[["Axes"], Any]
#: Width and height of axes [inch], and what draws in them.
Panel = tuple[float, float, Draw]


def draw_curves(study: Study, found: StudyResult) -> list[Path]:
    """Draw ``learning-curves``, every arm over time, as PNG and PDF; returns the files, none where there are too many arms."""
    from ..plots.learning_curves import learning_curves

    arms = _measured_arms(found)
    if len(arms) > _MOST_CURVES:
        return []
    curves = {label: _Runs(found, label, len(arms)) for label in arms}
    named = find_experiment(study.protocol).curves if isinstance(study.protocol, str) else ()
    wanted = named or _QUANTITIES
    panels: list[Panel] = [(6.0, 1.7, partial(_over_time, learning_curves, curves, q)) for q in wanted]
    return _saved(found.folder, "learning-curves", 0.4 + 0.05 * min(40, max(map(len, arms))), panels)


def draw_metrics(study: Study, found: StudyResult, comparisons: Sequence[Comparison]) -> list[Path]:
    """Draw ``metrics``, the first headline metrics by arm, or ``maps``, the same over a grid of two settings."""
    from ..plots.metric_by_arm import metric_by_arm
    from ..plots.sweep_map import sweep_map

    arms, seeds = _measured_arms(found), arms_of_summary(found.summary)[1]
    settings = {label: found.summary["arms"][label]["settings"] for label in arms}
    varied = {name for chosen in settings.values() for name in chosen}
    control = CONTROL if CONTROL in arms else None
    names = _headline(study, arms)[:_PANELS]
    panels: list[Panel]
    if control is None and len(varied) == 2:
        x, y = (len({chosen[name] for chosen in settings.values() if name in chosen}) for name in _ordered(settings))
        size = 0.62 * x, 0.42 * y
        panels = [(*size, partial(_map, sweep_map, settings, arms, name)) for name in names]
        return _saved(found.folder, "maps", 1.0, panels)
    if not 1 < len(arms) <= _MOST_ARMS:
        return []
    width = 0.8 * len(arms)
    panels = [(width, 2.2, partial(_by_arm, metric_by_arm, arms, seeds, name, control, comparisons)) for name in names]
    return _saved(found.folder, "metrics", 0.2, panels)


class Aside:
    """Something done in a copy of this process, while this one goes on; done here after all if the copy fails.

    Parameters
    ----------
    what : callable
        Leaves nothing but files.
    """

    def __init__(self, what: Callable[[], Any]) -> None:
        self._what = what
        self._copy = multiprocessing.get_context("fork").Process(target=_alone, args=(what, os.getpid()), daemon=True)
        self._copy.start()

    def finish(self) -> None:
        """Wait for it."""
        self._copy.join()
        if self._copy.exitcode:
            self._what()


def _alone(what: Callable[[], Any], driver: int) -> None:
    die_with(driver)
    what()


def _measured_arms(found: StudyResult) -> dict[str, Any]:
    """Metrics of the arms that have any."""
    return {label: metrics for label, metrics in arms_of_summary(found.summary)[0].items() if metrics}


def _ordered(settings: dict[str, dict[str, str]]) -> list[str]:
    """Names of varied settings in order."""
    return list(dict.fromkeys(name for chosen in settings.values() for name in chosen))


def _over_time(learning_curves: Any, curves: Any, quantity: str, ax: Axes) -> Any:
    return learning_curves(curves, ax, quantity=quantity)


def _by_arm(draw: Any, arms: Any, seeds: Any, name: str, control: str | None, comparisons: Any, ax: Axes) -> Any:
    return draw(arms, seeds, name, ax, control=control, comparisons=comparisons)


def _map(draw: Any, settings: Any, arms: Any, name: str, ax: Axes) -> Any:
    x, y = _ordered(settings)
    return draw(settings, arms, name, ax, x=x, y=y)


def _headline(study: Study, arms: dict[str, Any]) -> list[str]:
    """Metrics to show first: those that the experiment names, or all."""
    there = list(dict.fromkeys(name for metrics in arms.values() for name in metrics))
    wanted = find_experiment(study.protocol).headline if isinstance(study.protocol, str) else ()
    return [name for name in wanted if name in there] or there


class _Runs:
    """The results of an arm, one after the other, without their spikes: as often as they are asked for."""

    def __init__(self, found: StudyResult, label: str, arms: int) -> None:
        self._found, self._label = found, label
        self._seeds = [seed for seed in found.seeds if seed not in found.failed.get(label, {})]
        self._kept: dict[int, Result] | None = {} if arms * len(self._seeds) <= _KEPT else None

    def __iter__(self) -> Iterator[Result]:
        for seed in self._seeds:
            result = (self._kept or {}).get(seed) or self._found.result(self._label, seed, spikes=False)
            if self._kept is not None:
                self._kept[seed] = result
            yield result


def _saved(folder: Path, name: str, right: float, panels: list[Panel]) -> list[Path]:
    """One figure of these panels, width and height in inches; none where the data for all of them were not recorded."""
    from ..plots import save_figure

    figure = _composed(panels, right)
    if figure is None:
        return []
    files = [folder / f"{name}{kind}" for kind in (".png", ".pdf")]
    for path in files:
        write_atomically(path, partial(save_figure, figure))
    return files


def _composed(panels: list[Panel], right: float) -> Figure | None:
    """Panels in rows of a page's width, each with so much room at its right; those that cannot be drawn leave no gap."""
    import matplotlib
    from matplotlib.figure import Figure

    from ..plots import style

    left, below, above, page = 0.66, 0.55, 0.5, 11.0
    width, height = max(panel[0] for panel in panels), max(panel[1] for panel in panels)

    def size(number: int) -> tuple[int, float, float]:
        columns = max(1, min(number, int(page // (left + width + right))))
        return columns, columns * (left + width + right), -(-number // columns) * (above + height + below)

    # plots place their labels by the size that the axes have while they draw
    _, *full = size(len(panels))
    figure = Figure(figsize=(full[0], full[1]), facecolor="white")
    with matplotlib.rc_context(style.RC):
        for k, (_, _, draw) in enumerate(panels):
            ax = figure.add_axes((0, 0, width / full[0], height / full[1]), label=str(k))
            try:
                draw(ax)
            except ArgumentError:  # not recorded
                figure.delaxes(ax)
    drawn = [ax for ax in figure.axes if str(ax.get_label()).isdecimal()]
    if not drawn:
        return None
    columns, *full = size(len(drawn))
    figure.set_size_inches(full[0], full[1])
    for k, ax in enumerate(drawn):
        row, column = divmod(k, columns)
        x, y = column * (left + width + right) + left, full[1] - (row + 1) * (above + height + below) + below
        ax.set_position((x / full[0], y / full[1], width / full[0], height / full[1]))
    return figure
