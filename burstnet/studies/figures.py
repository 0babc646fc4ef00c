"""The figures of a study: which of burstnet's plots are drawn of it. Imports plots, analysis, result and study_result."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_study"]

#: Arms of which curves, or dots, in one pair of axes can still be told apart.
_MOST_CURVES, _MOST_ARMS = 8, 16
#: Metrics that are drawn; the table has all.
_PANELS = 6
#: Width of axes over time [inch], which have names of arms at their right.
_WIDE = 6.0
_QUANTITIES = ("event rate", "burst probability", "weight")
#: Results without spikes that are kept between two curves, rather than read again.
_KEPT = 100

Draw = Callable[["Axes"], Any]


def draw_study(study: Study, found: StudyResult, comparisons: Sequence[Comparison]) -> list[Path]:
    """Draw whatever this study has the data for; returns the files, each figure as PNG and PDF.

    ``learning-curves`` shows every arm over time, ``metrics`` the first headline metrics by arm, ``maps`` the same over
    a grid of two settings.
    """
    from ..plots.learning_curves import learning_curves
    from ..plots.metric_by_arm import metric_by_arm
    from ..plots.sweep_map import sweep_map

    parts, seeds = arms_of_summary(found.summary)
    arms = {label: metrics for label, metrics in parts.items() if metrics}
    settings = {label: found.summary["arms"][label]["settings"] for label in arms}
    varied = {name for chosen in settings.values() for name in chosen}
    control = CONTROL if CONTROL in arms else None
    names = _headline(study, arms)[:_PANELS]
    figures: dict[str, list[tuple[float, float, Draw]]] = {}
    if len(arms) <= _MOST_CURVES:
        curves = {label: _Runs(found, label, len(arms)) for label in arms}
        figures["learning-curves"] = [
            (_WIDE, 1.7, partial(_over_time, learning_curves, curves, quantity)) for quantity in _QUANTITIES
        ]
    if 1 < len(arms) <= _MOST_ARMS:
        width = 1.1 + 0.75 * len(arms)
        figures["metrics"] = [
            (width, 2.2, partial(_by_arm, metric_by_arm, arms, seeds, name, control, comparisons)) for name in names
        ]
    if control is None and len(varied) == 2:
        size = [len({chosen[name] for chosen in settings.values() if name in chosen}) for name in sorted(varied)]
        figures["maps"] = [
            (1.8 + 0.75 * max(size), 1.1 + 0.5 * max(size), partial(_map, sweep_map, settings, arms, name))
            for name in names
        ]
    return [path for name, panels in figures.items() for path in _saved(found.folder, name, panels)]


def _over_time(learning_curves: Any, curves: Any, quantity: str, ax: Axes) -> Any:
    return learning_curves(curves, ax, quantity=quantity)


def _by_arm(draw: Any, arms: Any, seeds: Any, name: str, control: str | None, comparisons: Any, ax: Axes) -> Any:
    return draw(arms, seeds, name, ax, control=control, comparisons=comparisons)


def _map(draw: Any, settings: Any, arms: Any, name: str, ax: Axes) -> Any:
    return draw(settings, arms, name, ax).set_title(name, loc="left", fontsize=7)


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


def _saved(folder: Path, name: str, panels: list[tuple[float, float, Draw]]) -> list[Path]:
    """One figure of these panels, width and height in inches; none where the data for all of them were not recorded."""
    from ..plots import save_figure

    figure = _composed(panels)
    if figure is None:
        return []
    files = [folder / f"{name}{kind}" for kind in (".png", ".pdf")]
    for path in files:
        write_atomically(path, partial(save_figure, figure))
    return files


def _composed(panels: list[tuple[float, float, Draw]]) -> Figure | None:
    """Panels in rows of a page's width, each with room for its labels; those that cannot be drawn leave no gap."""
    import matplotlib
    from matplotlib.figure import Figure

    from ..plots import style

    left, below, above, page = 0.66, 0.45, 0.5, 11.0
    right = 0.9 if panels[0][0] == _WIDE else 0.2
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
