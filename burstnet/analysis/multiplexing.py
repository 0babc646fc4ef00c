"""Two areas that pass events upwards and bursts downwards: traces in bins, and what correlates with what.

Imports rates, metrics, result and errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .metrics import Metric
from .rates import binned_burst_probability, binned_rate, mean_and_sd

__all__ = [
    "CROSS_TALK",
    "TRANSMITTED",
    "MultiplexingTraces",
    "correlation",
    "correlations",
    "dendritic_sine",
    "joint_correlations",
    "modulations",
    "multiplexing_metrics",
    "multiplexing_traces",
    "rescaled",
    "sine",
    "somatic_sine",
]

#: What should follow what when both streams get through: events of the somatic input, bursts of the dendritic one.
TRANSMITTED = (
    ("ER1", "I_s"), ("ER2", "ER1"), ("PV", "ER1"), ("BP2", "I_d"), ("BP1", "BR2"), ("SST", "BR2"),
)  # fmt: skip
#: What should not; of these BP1 follows I_s and BP2 in part, since it follows BR2 = ER2*BP2.
CROSS_TALK = (("ER1", "I_d"), ("ER2", "I_d"), ("BP2", "I_s"), ("BP1", "I_s"), ("BP1", "BP2"))


@dataclass(frozen=True, eq=False)
class MultiplexingTraces:
    """Rates and burst probabilities in bins.

    Attributes
    ----------
    time : ndarray, shape (bins,)
        Middles of bins [s].
    values : dict of str to ndarray, shape (seeds, bins)
        ``ER1``, ``BR1`` [Hz] and ``BP1`` of the lower area, the same with 2 of the upper one; ``PV`` and ``SST`` [Hz], of
        all spikes, where these populations are there.
    """

    time: np.ndarray
    values: Mapping[str, np.ndarray]

    def mean(self, name: str) -> np.ndarray:
        """Mean over seeds of a trace, shape (bins,)."""
        return mean_and_sd(self.of(name))[0]

    def of(self, name: str) -> np.ndarray:
        """A trace, shape (seeds, bins).

        Raises
        ------
        ArgumentError
            If it is not there.
        """
        if name not in self.values:
            raise unknown_name("trace", name, self.values)
        return self.values[name]

    def within(self, start: float, stop: float) -> MultiplexingTraces:
        """The bins whose middle is at `start` or later and before `stop` [s].

        Raises
        ------
        ArgumentError
            If there is none.
        """
        inside = (self.time >= start) & (self.time < stop)
        if not inside.any():
            raise ArgumentError(
                f"window=({start:g}, {stop:g}) is not allowed; the bins lie from {self.time[0]:g} to {self.time[-1]:g} s."
            )
        return MultiplexingTraces(self.time[inside], {name: v[:, inside] for name, v in self.values.items()})


def multiplexing_traces(
    result: Result,
    width: float = 0.05,
    *,
    areas: tuple[str, str] = ("pyr1", "pyr2"),
    interneurons: Mapping[str, str] | None = None,
) -> MultiplexingTraces:
    """Traces of two areas and of interneurons between them.

    Parameters
    ----------
    result : Result
    width : float
        Width of a bin [s].
    areas : tuple of str
        Populations of the lower and of the upper area.
    interneurons : mapping of str to str, optional
        Name of a trace to population; ``{"PV": "pv", "SST": "sst"}`` by default, of which those are taken that are there.
        Every spike of an interneuron counts as an event.

    Raises
    ------
    ArgumentError
        If a population does not exist or its counts were not recorded.
    """
    values: dict[str, np.ndarray] = {}
    time = np.empty(0)
    for k, area in enumerate(areas, start=1):
        time, values[f"ER{k}"] = binned_rate(result, area, "event", width)
        values[f"BR{k}"] = binned_rate(result, area, "burst", width)[1]
        values[f"BP{k}"] = binned_burst_probability(result, area, width)[1]
    given = interneurons is not None
    for name, population in (interneurons or {"PV": "pv", "SST": "sst"}).items():
        if given or population in result.populations:
            values[name] = binned_rate(result, population, "event", width)[1]
    return MultiplexingTraces(time, values)


def sine(period: float, onset: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    """``sin(2*pi*t/period)`` from `onset` on, 0 before; its phase is that of absolute time.

    Parameters
    ----------
    period, onset : float
        Seconds.
    """

    def value(time: np.ndarray) -> np.ndarray:
        time = np.asarray(time, dtype=float)
        return np.where(time >= onset, np.sin(2 * np.pi * time / period), 0.0)

    return value


#: The modulations of somatic and dendritic input in Payeur et al. 2021, Fig. 3, from -1 to 1.
somatic_sine = sine(0.5, 1.0)
dendritic_sine = sine(0.5 * 5**0.5, 1.0)


def modulations(result: Result) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """Somatic and dendritic modulation of a run: sines of the periods that its last phase sets, from its start on.

    Parameters
    ----------
    result : Result
        Its last phase sets ``somatic_period`` and ``dendritic_period``; where it does not, those of the paper are taken.

    Returns
    -------
    somatic, dendritic : callable
        Functions of time [s], from -1 to 1.
    """
    last = result.about["timeline"][-1]
    settings, start = last.get("settings", {}), float(last["start_s"])

    def period(name: str, otherwise: float) -> float:
        return float(settings.get(name, {}).get("value", otherwise))

    return sine(period("somatic_period", 0.5), start), sine(period("dendritic_period", 0.5 * 5**0.5), start)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson correlation of two traces at lag zero, over the bins in which both are defined.

    Parameters
    ----------
    one, other : ndarray, shape (bins,)

    Returns
    -------
    float
        NaN if one of them does not vary, or fewer than two bins are left.
    """
    defined = np.isfinite(one) & np.isfinite(other)
    x, y = (values[defined] - values[defined].mean() if defined.any() else np.zeros(0) for values in (one, other))
    size = np.sqrt((x @ x) * (y @ y))
    return float(np.clip(x @ y / size, -1, 1)) if size > 0 else float("nan")


def correlations(
    traces: MultiplexingTraces,
    *,
    somatic: Callable[[np.ndarray], np.ndarray] = somatic_sine,
    dendritic: Callable[[np.ndarray], np.ndarray] = dendritic_sine,
    window: tuple[float, float] = (1.0, 4.0),
) -> dict[str, float]:
    """Correlations of traces averaged over seeds.

    Parameters
    ----------
    traces : MultiplexingTraces
    somatic, dendritic : callable
        The inputs I_s into the soma of the lower area and I_d into the dendrites of the upper one, functions of time [s];
        scale and offset do not matter.
    window : tuple of float
        Seconds.

    Returns
    -------
    dict of str to float
        ``"ER1~I_s"`` and so on, the pairs of `TRANSMITTED` and `CROSS_TALK` whose traces are there.

    Raises
    ------
    ArgumentError
        If no bin lies in the window.

    References
    ----------
    Payeur et al. (2021), Fig. 3: 0.93 to 0.98 for `TRANSMITTED`, but BP1~BR2 0.91; within 0.13 of zero for ER~I_d and
    BP2~I_s.
    """
    inside = traces.within(*window)
    known = {name: inside.mean(name) for name in inside.values}
    known |= {"I_s": somatic(inside.time), "I_d": dendritic(inside.time)}
    return {
        f"{one}~{other}": correlation(known[one], known[other])
        for one, other in (*TRANSMITTED, *CROSS_TALK)
        if one in known and other in known
    }


def joint_correlations(result: Result, width: float = 0.05) -> dict[str, float]:
    """Correlations of the traces of all seeds of a run of the propagation protocol, averaged over seeds.

    Parameters
    ----------
    result : Result
    width : float
        Of a bin [s].

    Returns
    -------
    dict of str to float
        ``"seed-mean ER1~I_s"`` and so on, while modulated.
    """
    somatic, dendritic = modulations(result)
    found = correlations(
        multiplexing_traces(result, width), somatic=somatic, dendritic=dendritic, window=result.phases["modulated"]
    )
    return {f"seed-mean {name}": value for name, value in found.items()}


def multiplexing_metrics(
    traces: MultiplexingTraces,
    *,
    somatic: Callable[[np.ndarray], np.ndarray] = somatic_sine,
    dendritic: Callable[[np.ndarray], np.ndarray] = dendritic_sine,
    window: tuple[float, float] = (1.0, 4.0),
) -> dict[str, Metric]:
    """Every trace's mean over the bins of the window, and every correlation, seed by seed.

    Parameters
    ----------
    traces, somatic, dendritic, window
        See `correlations`, which averages over seeds first and so gives higher values.

    Returns
    -------
    dict of str to Metric
        ``ER1`` [Hz], ``BP1`` and so on; ``ER1~I_s`` and so on.
    """
    inside = traces.within(*window)
    found = {
        name: Metric("1" if name.startswith("BP") else "Hz", mean_and_sd(values.T)[0])
        for name, values in inside.values.items()
    }
    seeds = len(next(iter(inside.values.values())))
    rows = []
    for k in range(seeds):
        one = MultiplexingTraces(inside.time, {name: values[k : k + 1] for name, values in inside.values.items()})
        rows.append(correlations(one, somatic=somatic, dendritic=dendritic, window=window))
    return found | {name: Metric("1", np.array([row[name] for row in rows])) for name in rows[0]}


def rescaled(values: np.ndarray, response: np.ndarray) -> np.ndarray:
    """An input on the scale of what it drives: the linear map of its range onto that of the response.

    Parameters
    ----------
    values : ndarray, shape (n,)
    response : ndarray, shape (m,)
        NaN is left out.

    Returns
    -------
    ndarray, shape (n,)
        From the response's least value to its greatest; half way where `values` do not vary, NaN where one of both has
        no value.
    """
    values, response = np.asarray(values, dtype=float), np.asarray(response, dtype=float)
    found, answers = values[np.isfinite(values)], response[np.isfinite(response)]
    if not found.size or not answers.size:
        return np.full(values.shape, np.nan)
    size = np.ptp(found)
    part = (values - found.min()) / size if size > 0 else np.where(np.isfinite(values), 0.5, np.nan)
    return answers.min() + np.ptp(answers) * part
