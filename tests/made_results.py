"""Results made of given numbers, for tests of what looks at results."""

import numpy as np
import xarray as xr

from burstnet.result import Result


def make_result(counts, timeline, time, averages=None, weights=None, cells=10, seeds=2):
    """A result of cumulative counts (population to events and bursts of all cells at each time), the same in all seeds."""
    data, coordinates = {}, {"seed": np.arange(1, seeds + 1), "time": time}
    for name, (events, bursts) in counts.items():
        for event, total in (("event", events), ("burst", bursts)):
            data[f"{name}_{event}_total"] = (("seed", "time"), np.tile(total, (seeds, 1)))
    for name, values in (averages or {}).items():
        data[name] = (("seed", "time"), np.tile(values, (seeds, 1)))
    for name, values in (weights or {}).items():
        data[f"{name}_weight"] = (("seed", "state_time", f"{name}_index"), values, {"units": "1"})
        coordinates["state_time"] = np.linspace(0, time[-1], values.shape[1])
    stops = np.cumsum([length for _, length, _ in timeline])
    about = {
        "populations": dict.fromkeys(counts, cells),
        "dt_s": 1e-4,
        "simulated_s": float(time[-1]),
        "timeline": [
            {"name": n, "start_s": float(stop - length), "stop_s": float(stop), "settings": settings}
            for (n, length, settings), stop in zip(timeline, stops, strict=True)
        ],
    }
    return Result(xr.Dataset(data, coordinates), about)


def part_of(result, start, stop):
    """What a run that held a result's time from `start` to `stop` [s] alone would say of its phases; samples outside go."""
    within = lambda edge: min(max(edge, start), stop)  # noqa: E731
    timeline = [
        phase | {"start_s": within(phase["start_s"]), "stop_s": within(phase["stop_s"])}
        for phase in result.about["timeline"]
    ]
    data = result.data
    if "state_time" in data:
        time = data["state_time"].values
        data = data.isel(state_time=(time > start - 1e-9) & (time < stop + 1e-9))
    return Result(data, result.about | {"timeline": timeline, "start_s": start, "simulated_s": stop - start})
