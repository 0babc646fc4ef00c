"""Folders of runs, studies and sweeps as commands leave them, made up in a moment: for tests of what reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr

from burstnet.analysis.metrics import Metric, as_plain
from burstnet.analysis.paired import compare
from burstnet.analysis.tables import as_rows
from burstnet.result import Result

PARAMETERS = {"input.n": "10", "drive.p_b": "0.375", "drive.w_min": "0", "drive.w_max": "1.5", "tail": "1 s"}
PROVENANCE = {
    "burstnet": "0.1.0", "commit": "c0ffee", "python": "3.11.7", "date": "2026-11-24T10:00:00+00:00",
    "command": "burstnet lesion target-rate --arm 'no-Y: Y:scale=0@2s..5s'",
}  # fmt: skip
ARMS = {"control": [], "no-Y": ["Y:scale=0@2s..5s"], "half <b>Q</b> & more": ["Q:scale=0.5@2s..5s"]}


def make_result(seed: int, lesions=(), effect: float = 0.0, silent: bool = False, weight: float = 0.5) -> Result:
    """Ten seconds of two populations of 10 cells, with 5 events a second and cell, fewer by `effect` after 2 s."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, 10.01, 0.1)
    data: dict = {}
    for name in ("input", "output"):
        rate = np.where(time > 2, 5.0 - effect, 5.0) * (0 if silent and name == "output" else 1)
        events = np.cumsum(rng.poisson(rate)) * 1.0
        data[f"{name}_event_total"] = (("seed", "time"), events[None] - events[0])
        data[f"{name}_burst_total"] = (("seed", "time"), np.floor(0.4 * (events[None] - events[0])))
    ramp = np.clip(np.linspace(0.4, weight, len(time)), 0, 1.5)
    data["drive_weight"] = (("seed", "state_time", "drive_index"), ramp[None, :, None] + np.zeros(10), {"units": "1"})
    about = {
        "protocol": "target-rate", "target": "cpp", "parameters": PARAMETERS, "lesions": list(lesions),
        "lesion_windows": [[[2.0, 5.0]] for _ in lesions], "populations": {"input": 10, "output": 10}, "dt_s": 0.001,
        "simulated_s": 10.0, "provenance": PROVENANCE,
        "timeline": [
            {"name": "inc_pre", "start_s": 0.0, "stop_s": 2.0, "settings": {}},
            {"name": "inc_during", "start_s": 2.0, "stop_s": 10.0,
             "settings": {"teaching_gain": {"value": 8e-11}, "target_rate": {"value": 6.0}}},
        ],
    }  # fmt: skip
    return Result(xr.Dataset(data, {"seed": [seed], "time": time, "state_time": time}), about)


def measure(result: Result) -> dict[str, Metric]:
    """Metrics with the names of target-rate."""
    return {
        "inc_pre.out_event_last5": Metric("Hz", result.rate("output", "event", 0, 2)),
        "inc_during.out_event_last5": Metric("Hz", result.rate("output", "event", 5, 10)),
        "inc_during.in_p_phase": Metric("1", result.burst_probability("input", 2, 10)),
        "something_else": Metric("mV", result.rate("input", "event", 0, 10)),
    }


def joined(parts: list[dict[str, Metric] | None]) -> dict[str, Metric]:
    """Metrics of single seeds as those of all; NaN where a run failed."""
    some = next(part for part in parts if part)
    nan = np.array([np.nan])
    return {
        name: Metric(m.unit, np.concatenate([part[name].per_seed if part else nan for part in parts]))
        for name, m in some.items()
    }


def make_study(
    folder: Path, seeds=(1, 2, 3, 4, 5, 6), arms=None, failed=(), settings=None, results=True, **summary
) -> Path:
    """A study's folder; `failed` holds (label, seed), `settings` label to settings for a sweep."""
    arms = ARMS if arms is None else arms
    parts, known = {}, {}
    for k, (label, lesions) in enumerate(arms.items()):
        slug = f"arm-{k}"
        known[label] = {"slug": slug, "lesions": lesions, "parameters": PARAMETERS}
        found: list = []
        for seed in seeds:
            place = folder / "runs" / slug / str(seed)
            place.mkdir(parents=True)
            if (label, seed) in failed:
                found.append(None)
                (place / "failed.json").write_text(json.dumps({"reason": "no <memory> left"}))
                continue
            weight = 2.5 if k == 1 else 0.5
            result = make_result(
                seed, lesions, effect=min(0.8 * k, 4), silent=label.startswith("silent"), weight=weight
            )
            found.append(measure(result))
            if results:
                result.save(place / "result.nc")
            (place / "run.json").write_text("{}")
        parts[label] = {
            "lesions": lesions, "settings": (settings or {}).get(label, {}), "metrics": as_plain(joined(found)),
            "failed": {str(s): "no <memory> left" for lab, s in failed if lab == label},
        }  # fmt: skip
    whole = {
        "protocol": "target-rate", "target": "cpp", "seeds": list(seeds), "settings": {"tail": "1s"}, "arms": parts,
        "statistics": [], "timing": {"build_s": 12.3, "total_s": 45.6}, "provenance": PROVENANCE,
    }  # fmt: skip
    if "control" in arms and len(arms) > 1:
        metrics = {
            label: {n: Metric(m["unit"], np.array(m["per_seed"], dtype=float)) for n, m in part["metrics"].items()}
            for label, part in parts.items()
        }
        whole["statistics"] = as_rows(compare(metrics, list(seeds), margin={"inc_pre.out_event_last5": 0.5}))
    (folder / "summary.json").write_text(json.dumps(whole | summary))
    (folder / "manifest.json").write_text(json.dumps({"schema": 1, "arms": known, "seeds": list(seeds)}))
    return folder


def make_sweep(folder: Path, **varied) -> Path:
    """A sweep's folder over all combinations of settings; by default 2 times 3."""
    varied = varied or {"increase_to": ("8Hz", "10Hz"), "input.n": ("5", "10", "20")}
    points = [{}]
    for name, values in varied.items():
        points = [point | {name: value} for point in points for value in values]
    settings = {", ".join(f"{n}={v}" for n, v in point.items()): point for point in points}
    return make_study(folder, seeds=(1, 2), arms=dict.fromkeys(settings, []), settings=settings)


def make_run(folder: Path, lesions=()) -> Path:
    """The folder of a run of one seed, without a figure."""
    folder.mkdir(parents=True, exist_ok=True)
    result = make_result(1, lesions)
    result.save(folder / "result.nc")
    summary = {
        "protocol": "target-rate", "target": "cpp", "seeds": [1], "parameters": PARAMETERS, "lesions": list(lesions),
        "metrics": as_plain(measure(result)), "timing": {"build_s": 0.0, "total_s": 1.0}, "provenance": PROVENANCE,
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder
