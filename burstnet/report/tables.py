"""The tables of a page as HTML: metrics by arm with statistics, lesions, parameters, facts. Imports analysis and the folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..analysis.metrics import Metric
from .folder import CONTROL, Outcome

__all__ = ["facts_table", "lesions_table", "metrics_table", "number", "parameters_table", "settings_table"]

_MISSING = "&ndash;"
#: Arms side by side in one table.
_COLUMNS = 5


def number(value: float | None, digits: int = 3) -> str:
    """A number for a reader, escaped; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return _MISSING
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def metrics_table(outcome: Outcome, names: Sequence[str]) -> str:
    """Mean and SD of every metric in every arm; below them difference, interval, effect size and corrected p.

    More arms than fit side by side on paper stand in several tables.
    """
    labels = list(outcome.arms)
    parts = [labels[k : k + _COLUMNS] for k in range(0, len(labels), _COLUMNS)]
    return "\n".join(_metrics_of(outcome, names, part) for part in parts)


def _metrics_of(outcome: Outcome, names: Sequence[str], labels: Sequence[str]) -> str:
    rows = {(str(row["metric"]), str(row["arm"])): row for row in outcome.statistics}
    units = {name: m.unit for arm in outcome.arms.values() for name, m in arm.metrics.items()}
    heads = ["mean \N{PLUS-MINUS SIGN} SD"] if outcome.kind == "run" else [escape(label) for label in labels]
    body = []
    for name in names:
        unit = units.get(name, "1")
        cells = [f'<th scope="row">{escape(name)}</th><td>{escape(unit) if unit != "1" else ""}</td>']
        for label in labels:
            value = _value(outcome.arms[label].metrics.get(name))
            cells.append(f"<td>{value}{_against(rows.get((name, label)))}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f'<th scope="col">{text}</th>' for text in ["metric", "unit", *heads])
    return _table(head, body, "numbers")


def lesions_table(outcome: Outcome) -> str:
    """Arm and its lesions; empty where no arm has one."""
    if not any(arm.lesions for arm in outcome.arms.values()):
        return ""
    rows = []
    for label, arm in outcome.arms.items():
        lesions = "<br>".join(f"<code>{escape(text)}</code>" for text in arm.lesions)
        rows.append(f'<tr><th scope="row">{escape(label)}</th><td>{lesions or "none"}</td></tr>')
    return _table('<th scope="col">arm</th><th scope="col">lesions</th>', rows)


def settings_table(outcome: Outcome) -> str:
    """Arm and the settings of its own; empty where no arm has one."""
    names = list(dict.fromkeys(name for arm in outcome.arms.values() for name in arm.settings))
    if not names:
        return ""
    rows = []
    for label, arm in outcome.arms.items():
        cells = "".join(f"<td>{escape(arm.settings.get(name, ''))}</td>" for name in names)
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in ["arm", *names])
    return _table(head, rows)


def parameters_table(parameters: Mapping[str, str], defaults: Mapping[str, str]) -> str:
    """Parameter, value and, where they are known, default."""
    known = bool(defaults)
    rows = []
    for name, value in parameters.items():
        default = f"<td>{escape(defaults.get(name, ''))}</td>" if known else ""
        rows.append(f'<tr><th scope="row"><code>{escape(name)}</code></th><td>{escape(value)}</td>{default}</tr>')
    head = ["parameter", "value", *(["default"] if known else [])]
    return _table("".join(f'<th scope="col">{text}</th>' for text in head), rows)


def facts_table(facts: Iterable[tuple[str, Any]]) -> str:
    """Name and value, one a row; lists one after the other."""
    rows = []
    for name, value in facts:
        if value is None or value == "":
            continue
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        rows.append(f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>')
    return _table("", rows)


def _value(metric: Metric | None) -> str:
    if metric is None:
        return _MISSING
    mean, sd = metric.mean, metric.sd
    if math.isnan(sd):
        return number(mean, 4)
    decimals = max(0, 1 - math.floor(math.log10(sd))) if sd > 0 else 7
    if decimals > 6 or abs(mean) >= 1e6:
        return f"{number(mean, 4)} \N{PLUS-MINUS SIGN} {number(sd, 2)}"
    return f"{mean:.{decimals}f} \N{PLUS-MINUS SIGN} {sd:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _against(row: Mapping[str, Any] | None) -> str:
    """What the comparison of one arm in one metric says."""
    if row is None:
        return ""
    lines = []
    if row.get("note") == "identical in every seed":
        lines.append("identical")
    elif row.get("difference") is not None:
        sign = "+" if row["difference"] > 0 else ""
        interval = f" [{number(row.get('low'))}, {number(row.get('high'))}]" if row.get("low") is not None else ""
        lines.append(f"\N{GREEK CAPITAL LETTER DELTA} {sign}{number(row['difference'])}{interval}")
        if row.get("p_holm") is not None:
            size = f"<i>d<sub>z</sub></i> {number(row['d_z'], 2)}, " if row.get("d_z") is not None else ""
            lines.append(f"{size}<i>p</i> = {number(row['p_holm'], 2)}")
    if row.get("equivalent") is not None:
        word = "equivalent" if row["equivalent"] else "not equivalent"
        lines.append(f"{word} within \N{PLUS-MINUS SIGN}{number(row.get('margin'))}")
    if row.get("dropped"):
        lines.append(f"<i>n</i> = {number(row['n'])}, {number(row['dropped'])} left out")
    title = f' title="{escape(str(row["note"]))}"' if row.get("note") else ""
    return "".join(f"<small{title}>{line}</small>" for line in lines)


def _table(head: str, rows: Sequence[str], kind: str = "") -> str:
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    name = f' class="{kind}"' if kind else ""
    return f'<div class="scroll"><table{name}>{top}<tbody>{"".join(rows)}</tbody></table></div>'


def comparison_words(outcome: Outcome) -> str:
    """How the comparisons were made, in a sentence; empty without any."""
    if not outcome.statistics:
        return ""
    row = outcome.statistics[0]
    test = {"wilcoxon": "Wilcoxon signed-rank test", "t": "t test"}.get(str(row.get("test")), str(row.get("test")))
    level = 100 * float(row.get("level") or 0.95)
    return (
        f"Each arm against {escape(str(row.get('control', CONTROL)))}, paired by seed: difference of means with its "
        f"bootstrap {level:g} % interval, effect size <i>d<sub>z</sub></i> (mean over standard deviation of the "
        f"differences), and p of the paired {escape(test)} with Holm\u2019s correction over the arms of a metric."
    )
