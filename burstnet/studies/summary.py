"""From the runs of a study to summary.json, tables and figures. Imports analysis, plots and the study's folder."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.paired import compare
from ..analysis.tables import arms_of_summary, as_rows, tidy_rows, write_rows
from ..errors import ResultError
from ..result import write_atomically
from .study import CONTROL
from .study_result import StudyResult, open_study

if TYPE_CHECKING:
    from .driver import Work
    from .figures import Aside
    from .plan import Plan

__all__ = ["arm_records", "measured", "write_study"]

#: Of what is written here, these may differ between two runs of the same study.
_RUN_FACTS = ("run_cpu_s", "wall_s", "python_cpu_s")


def arm_records(plan: Plan, work: Work, label: str) -> dict[int, dict[str, Any]]:
    """Seed to what its run wrote down, of those that did not fail."""
    slug = work.names[label]
    return {seed: work.place.record(slug, seed) for seed in plan.study.seeds if work.place.state(slug, seed) == "done"}


def measured(records: dict[int, dict[str, Any]], seeds: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """Metrics of an arm over all seeds, as plain data; None where a run failed or a metric is undefined."""
    units: dict[str, str] = {}
    for record in records.values():
        units.update({name: str(m["unit"]) for name, m in record["metrics"].items()})
    found: dict[str, dict[str, Any]] = {}
    for name, unit in units.items():
        values = [records[s]["metrics"].get(name, {}).get("value") if s in records else None for s in seeds]
        there = [float(v) for v in values if v is not None and math.isfinite(v)]
        mean = statistics.fmean(there) if there else None
        found[name] = {
            "unit": unit,
            "mean": mean,
            "sd": statistics.stdev(there) if len(there) > 1 else None,
            "per_seed": values,
        }
    return found


def write_study(plan: Plan, work: Work, total_s: float, figures: bool = True) -> StudyResult:
    """Write summary, tables and figures of a study whose runs are over; the summary last."""
    started = time.perf_counter()
    folder = work.place.path
    if work.done == 0 and (kept := _kept(plan, folder)):
        kept.summary["timing"] |= {"runs_done_now": 0, "build_s": 0.0, "total_s": total_s}
        return kept
    arms: dict[str, Any] = {}
    runs: list[dict[str, Any]] = []
    for arm in plan.study.arms:
        records = arm_records(plan, work, arm.label)
        runs += records.values()
        failed = {
            str(seed): str(work.place.record(work.names[arm.label], seed).get("reason", "no reason"))
            for seed in plan.study.seeds
            if work.place.state(work.names[arm.label], seed) == "failed"
        }
        arms[arm.label] = {
            "lesions": list(arm.lesions),
            "settings": dict(arm.settings),
            "metrics": measured(records, plan.study.seeds),
            "failed": failed,
        }
    summary: dict[str, Any] = {
        "protocol": plan.study.name,
        "target": plan.target,
        "seeds": list(plan.study.seeds),
        "settings": dict(plan.study.settings),
        "arms": arms,
    }
    found = StudyResult(folder, summary, work.names)
    aside = _drawn_aside(plan, found) if figures and runs else None
    comparisons = _comparisons(summary, plan.study.margins)
    summary["statistics"] = as_rows(comparisons)
    tidy = tidy_rows(*arms_of_summary(summary))
    write_atomically(folder / "table.csv", lambda scratch: write_rows(scratch, tidy))
    if comparisons:
        write_atomically(folder / "statistics.csv", lambda scratch: write_rows(scratch, summary["statistics"]))
    if aside:
        from .figures import draw_metrics

        draw_metrics(plan.study, found, comparisons)
        aside.finish()
    summary["timing"] = {
        "build_s": work.timing["build_s"],
        "runs_done_now": work.done,
        "runs_wall_s": work.timing["runs_wall_s"],
        **{name: math.fsum(run["timing"][name] for run in runs) for name in _RUN_FACTS},
        "outcome_s": time.perf_counter() - started,
        "total_s": total_s + time.perf_counter() - started,
    }
    summary["provenance"] = _provenance(runs)
    text = json.dumps(summary, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "summary.json", lambda scratch: scratch.write_text(text, encoding="utf-8"))
    return found


def _drawn_aside(plan: Plan, found: StudyResult) -> Aside:
    """Curves are drawn while this process compares arms: either takes a second or two."""
    from .figures import Aside, draw_curves

    return Aside(partial(draw_curves, plan.study, found))


def _kept(plan: Plan, folder: Path) -> StudyResult | None:
    """The outcome that is there already, if it is that of all runs."""
    try:
        found = open_study(folder)
    except ResultError:
        return None
    labels = [arm.label for arm in plan.study.arms]
    same = found.arms == labels and found.seeds == list(plan.study.seeds) and not found.failed
    there = {"table.csv"} | ({"statistics.csv"} if found.statistics else set())
    return found if same and all((folder / name).exists() for name in there) and any(folder.glob("*.pdf")) else None


def _comparisons(summary: dict[str, Any], margins: Mapping[str, float]) -> list[Any]:
    arms, seeds = arms_of_summary(summary)
    if CONTROL not in arms or len(arms) < 2 or not arms[CONTROL]:
        return []
    return compare(
        {label: metrics for label, metrics in arms.items() if metrics},
        seeds,
        control=CONTROL,
        margin=dict(margins) or None,
    )


def _provenance(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """That of the newest run; where runs differ in a version or a commit, all of it, one after the other."""
    if not runs:
        return {}
    newest: dict[str, Any] = {**max(runs, key=lambda run: str(run["provenance"].get("date")))["provenance"]}
    for name in ("burstnet", "commit", *newest.get("packages", ()), "compiler", "machine"):
        every = list(dict.fromkeys(str(run["provenance"].get(name)) for run in runs))
        if len(every) > 1:
            newest[name] = every
    return newest
