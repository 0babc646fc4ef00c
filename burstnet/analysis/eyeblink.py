"""Eyeblink conditioning: conditioned responses, their timing, and what is kept of them. Imports metrics, trials, result and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .metrics import Curve, Metric
from .trials import whole_trials

__all__ = [
    "Trials",
    "blocks",
    "conditioned_responses",
    "drift",
    "evoked",
    "eyeblink_metrics",
    "peak_time",
    "response_size",
    "savings",
    "spike_density",
    "trials",
    "trials_to_criterion",
    "window_rate",
]

#: Width of a bin of spike densities [s].
BIN = 0.005
#: Standard deviations of the Gaussians that make a spike density and the trace whose peak is looked for [s].
DENSITY_SD, PEAK_SD = 0.01, 0.03
#: Moving average, latency before which no response counts, and part of the rest that must be above the threshold.
AVERAGE, EARLIEST, HELD = 0.1, 0.1, 0.75
#: Rise above the baseline that is a response [Hz].
THRESHOLD = 15.0
#: Trials of a block.
BLOCK = 10


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of a phase.

    Attributes
    ----------
    onsets : ndarray, shape (trials,)
        When the conditioned stimulus begins [s].
    isi : float
        From there to the unconditioned one [s].
    before, after : float
        From the beginning of a trial to the onset, and from there to its end [s].
    us : float
        How long the unconditioned stimulus lasts [s].
    shift : float
        By which it comes later than `isi` [s].
    """

    onsets: np.ndarray
    isi: float
    before: float
    after: float
    us: float
    shift: float = 0.0


def trials(result: Result, phase: str) -> Trials:
    """The whole trials of a phase.

    Raises
    ------
    ArgumentError
        If there is no such phase, or it has no trials.
    """
    if phase not in result.phases:
        raise unknown_name("phase", phase, result.phases)
    settings = next(p["settings"] for p in result.about["timeline"] if p["name"] == phase)
    if not float(settings.get("presenting", {"value": 0})["value"]):
        raise ArgumentError(f"phase {phase!r} has no trials.")
    trial, onset, isi, us = (float(settings[name]["value"]) for name in ("trial", "cs_onset", "isi", "us_duration"))
    shift = float(settings.get("us_shift", {"value": 0})["value"])
    # the timeline is made of nothing but trials
    starts = whole_trials(result, phase, trial, origin=0.0)
    return Trials(starts + onset, isi, onset, trial - onset, us, shift)


def spike_density(
    result: Result, population: str, shown: Trials, *, sd: float = DENSITY_SD
) -> tuple[np.ndarray, np.ndarray]:
    """Spikes per cell and second around every onset, smoothed by a Gaussian.

    Parameters
    ----------
    result : Result
        With the spikes of the population's first cells, or of all.
    population : str
    shown : Trials
    sd : float
        Standard deviation of the Gaussian [s]; 0 for plain counts.

    Returns
    -------
    time : ndarray, shape (bins,)
        Centres of bins from the onset on [s].
    density : ndarray, shape (seeds, trials, bins)
        Hz.
    """
    bins = round((shown.before + shown.after) / BIN)
    time = (np.arange(bins) + 0.5) * BIN - shown.before
    found = np.zeros((len(result.seeds), len(shown.onsets), bins))
    kept = result.about.get("spikes", "all")
    cells = result.populations[population] if population in result.populations else 0
    cells = min(cells, int(kept)) if kept != "all" else cells
    for row, seed in zip(found, result.seeds, strict=True):
        times, _ = result.spikes(population, seed)
        times = np.sort(times)
        for trial, onset in zip(row, shown.onsets, strict=True):
            first, last = np.searchsorted(times, (onset - shown.before, onset + shown.after))
            trial += np.histogram(times[first:last] - onset, bins, (-shown.before, shown.after))[0]
    found /= cells * BIN
    return time, gaussian_filter1d(found, sd / BIN, axis=-1, mode="nearest") if sd else found


def window_rate(result: Result, population: str, shown: Trials, start: float, stop: float) -> np.ndarray:
    """Rate [Hz] of every trial from `start` to `stop` [s] after the onset, shape (seeds, trials)."""
    time, density = spike_density(result, population, shown, sd=0)
    return np.asarray(density[..., (time > start) & (time < stop)].mean(axis=-1))


def conditioned_responses(
    result: Result, phase: str, *, population: str = "nuclei", threshold: float = THRESHOLD
) -> np.ndarray:
    """Which trials have a conditioned response.

    The spike density (Gaussian of 10 ms), averaged over the last 100 ms, crosses the baseline of before the stimulus by
    `threshold`, not within 100 ms of the onset, and from there stays above for at least three quarters of the time to the
    unconditioned stimulus. Only spikes before that are looked at.

    Parameters
    ----------
    result : Result
    phase : str
    population : str
        The nuclear cells.
    threshold : float
        Hz; published 3.9 for a population of some dozens of cells with less noise.

    Returns
    -------
    ndarray of bool, shape (seeds, trials)

    References
    ----------
    Criteria of De Schepper et al. (2022), published code.
    """
    shown = trials(result, phase)
    time, density = spike_density(result, population, shown)
    baseline = density[..., time < 0].mean(axis=-1, keepdims=True)
    width = round(AVERAGE / BIN)
    sums = np.cumsum(density, axis=-1)
    average = (sums - np.roll(sums, width, axis=-1)) / width
    above = average - baseline > threshold
    waiting = (time > EARLIEST) & (time < shown.isi)
    looked = above[..., waiting]
    first = looked.argmax(axis=-1)
    after = np.arange(looked.shape[-1]) >= first[..., None]
    held = (looked & after).sum(axis=-1) >= HELD * after.sum(axis=-1)
    # above already when responses begin to count: an early response, unless it has come from below since
    early = above[..., (time > 0) & (time <= EARLIEST)].any(axis=-1)
    return np.asarray(looked.any(axis=-1) & held & ~early)


def response_size(result: Result, phase: str, *, population: str = "nuclei", last: float = 0.1) -> np.ndarray:
    """Rise of the rate [Hz] above the baseline in the last 100 ms before the unconditioned stimulus, shape (seeds, trials)."""
    shown = trials(result, phase)
    rise = window_rate(result, population, shown, shown.isi - last, shown.isi)
    return np.asarray(rise - window_rate(result, population, shown, -shown.before, 0))


def peak_time(result: Result, phase: str, *, population: str = "nuclei") -> np.ndarray:
    """When the mean response of a phase's trials is largest [s] after the onset, shape (seeds,)."""
    time, density = spike_density(result, population, trials(result, phase), sd=PEAK_SD)
    after = time > 0
    return np.asarray(time[after][density.mean(axis=1)[:, after].argmax(axis=-1)])


def blocks(values: np.ndarray, size: int = BLOCK) -> np.ndarray:
    """Means over whole blocks of trials, shape (seeds, blocks)."""
    whole = values.shape[1] // size
    return np.asarray(values[:, : whole * size].reshape(len(values), whole, size).mean(axis=-1))


def trials_to_criterion(responses: np.ndarray, hits: int = 8, of: int = 10) -> np.ndarray:
    """Number of trials until `hits` of the last `of` had a response, shape (seeds,); NaN where that never happens."""
    sums = np.cumsum(np.pad(responses.astype(int), ((0, 0), (1, 0))), axis=1)
    reached = sums[:, of:] - sums[:, :-of] >= hits
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + float(of), np.nan)


def savings(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Trials to criterion of the second acquisition over those of the first; below 1 something was saved."""
    return np.asarray(second / first)


def evoked(result: Result, phase: str, *, population: str = "olive") -> np.ndarray:
    """Spikes of an olivary cell that the unconditioned stimulus evokes, shape (seeds, trials)."""
    shown = trials(result, phase)
    span = shown.us + 0.02
    start = shown.isi + shown.shift
    return window_rate(result, population, shown, start, start + span) * span


def drift(result: Result, phase: str, projection: str = "parallel_fibres", *, skip: float = 0.0) -> np.ndarray:
    """Change of the mean weight over a phase, as a part of the weight at its start and per 100 s, shape (seeds,).

    Parameters
    ----------
    result : Result
    phase : str
    projection : str
    skip : float
        Seconds of the phase that are left out at its start.
    """
    start, stop = result.phases[phase]
    time = result.data["state_time"].values
    weights = result.data[f"{projection}_weight"].values.mean(axis=2)
    first, last = (int(np.argmin(np.abs(time - edge))) for edge in (start + skip, stop))
    return np.asarray((weights[:, last] / weights[:, first] - 1) * 100 / (time[last] - time[first]))


#: Phases with plasticity, and tests without it.
TRAINING = ("acquisition", "extinction", "reacquisition")
TESTS = ("before", "acquired", "extinguished", "reacquired")


def eyeblink_metrics(result: Result, *, threshold: float = THRESHOLD) -> dict[str, Metric | Curve]:
    """What a run of the protocol is judged by.

    Parameters
    ----------
    result : Result
    threshold : float
        See `conditioned_responses`.

    Returns
    -------
    dict of str to Metric or Curve
        ``PHASE.responses`` over blocks of ten trials for acquisition, extinction and reacquisition;
        ``TEST.responses``, ``TEST.size`` [Hz] and ``TEST.peak_time`` [s] of tests with frozen plasticity and without the
        unconditioned stimulus; ``acquired.peak_error`` [s], peak minus interval; ``acquisition.trials_to_criterion`` and
        the same of reacquisition; ``savings``, their ratio; ``retention``, size after extinction over size before it,
        which is about 1 where plasticity is frozen in between; ``acquisition.evoked_first`` and ``_last``, olivary spikes
        of an unconditioned stimulus in the first and last block. Phases that a run does not have are left out.
    """
    found: dict[str, Metric | Curve] = {}
    # a run that was cut, or went on from another, holds trials of some phases only
    there = [name for name in (*TRAINING, *TESTS) if name in result.phases and trials(result, name).onsets.size]
    for phase in (name for name in there if name in TRAINING):
        responses = conditioned_responses(result, phase, threshold=threshold)
        means = blocks(responses.astype(float))
        found[f"{phase}.responses"] = Curve("1", means, "block", np.arange(1.0, means.shape[1] + 1))
        if phase != "extinction":
            found[f"{phase}.trials_to_criterion"] = Metric("1", trials_to_criterion(responses))
    for test in (name for name in there if name in TESTS):
        found[f"{test}.responses"] = Metric("1", conditioned_responses(result, test, threshold=threshold).mean(axis=1))
        found[f"{test}.size"] = Metric("Hz", response_size(result, test).mean(axis=1))
        found[f"{test}.peak_time"] = Metric("s", peak_time(result, test))
    if "acquired" in there:
        found["acquired.peak_error"] = Metric("s", peak_time(result, "acquired") - trials(result, "acquired").isi)
    if {"acquisition", "reacquisition"} <= set(there):
        first, second = (found[f"{p}.trials_to_criterion"].per_seed for p in ("acquisition", "reacquisition"))
        found["savings"] = Metric("1", savings(first, second))
    if {"acquired", "extinguished"} <= set(there):
        found["retention"] = Metric("1", found["extinguished.size"].per_seed / found["acquired.size"].per_seed)
    if "acquisition" in there:
        spikes = blocks(evoked(result, "acquisition"))
        if spikes.shape[1]:
            found["acquisition.evoked_first"] = Metric("1", spikes[:, 0])
            found["acquisition.evoked_last"] = Metric("1", spikes[:, -1])
    return found
