"""Pairing protocols of Payeur et al. (2021), Fig. 2B-D, transcribed to numpy: one synapse, given spikes, no cells.

Spikes are told apart offline, by interspike interval. Time is counted as the published scripts count it: a spike at t is
in step int(t / dt), a block has int(T / dt) steps, and intervals are compared as floats, before times are cut to steps.
"""

import numpy as np

LIMIT = 16e-3
ETA, TAU_PRE, ALPHA = 0.1, 50e-3, 15.0


def classify(times: np.ndarray, limit: float = LIMIT) -> tuple[np.ndarray, np.ndarray]:
    """Which spikes of one cell are events, and which are bursts (the first spike after an event within `limit`)."""
    event = np.diff(times, prepend=-np.inf) > limit
    # A spike is a burst if it is no event but the spike before it was.
    return event, ~event & np.concatenate([[False], event[:-1]])


def trains(times: np.ndarray, dt: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Events and bursts in each step, (steps,) of 0 and 1; `times` [s] of one cell, all of them before the end."""
    rows = np.zeros((2, steps + 1))
    for row, kind in zip(rows, classify(times), strict=True):
        np.add.at(row, (times[kind] / dt).astype(int), 1)
    return rows[0, :steps], rows[1, :steps]


def pair(pre_event, post_event, post_burst, start, dt: float, eta=ETA, tau_pre=TAU_PRE, alpha=ALPHA):
    """Weight change without bounds or homeostasis.

    Parameters
    ----------
    pre_event, post_event, post_burst : ndarray (steps,) or (steps, n)
    start : tuple of float or of ndarray (n,) [Hz]
        Moving-average rates of events and bursts at the start.

    Returns
    -------
    change, e_bar, b_bar : float or ndarray (n,)
        The weight change, and the moving averages at the end [Hz].
    """
    e_bar, b_bar = start
    x = change = 0.0
    for e_pre, e_post, b_post in zip(pre_event, post_event, post_burst, strict=True):
        x = x - x * (dt / tau_pre) + e_pre
        change = change + eta * (b_post - b_bar / e_bar * e_post) * x
        e_bar = e_bar - e_bar * (dt / alpha) + e_post / alpha
        b_bar = b_bar - b_bar * (dt / alpha) + b_post / alpha
    return change, e_bar, b_bar


def periodic(frequency: float, start=(5.0, 0.75), pairs=5, blocks=15, gap=10.0, dt=1e-4) -> float:
    """Weight change by blocks of simultaneous pairs at `frequency` [Hz], `gap` [s] apart."""
    times = np.array([0.010 + i / frequency for i in range(pairs)])
    event, burst = trains(times, dt, int((pairs / frequency + 1) / dt))
    total = 0.0
    for _ in range(blocks):
        change, e_bar, b_bar = pair(event, event, burst, start, dt)
        total += change
        start = e_bar * np.exp(-gap / ALPHA), b_bar * np.exp(-gap / ALPHA)
    return total


def poisson_times(random, rate: float, duration: float, dead=2e-3) -> np.ndarray:
    """Spikes of a renewal process with a dead time and mean `rate` [Hz]; ten times as many are drawn as needed."""
    intervals = dead + random.exponential(1.0 / (rate / (1 - rate * dead)), int(rate * duration * 10))
    times = intervals.cumsum()
    return times[times < duration]


def burst_poisson_times(random, rate: float, probability: float, duration: float, dead=20e-3) -> np.ndarray:
    """Events at `rate` [Hz], each followed by a second spike 2-12 ms later with `probability`."""
    now, times = 0.0, []
    while True:
        now = now + (dead + random.exponential(1.0 / (rate / (1 - rate * dead))))
        if now > duration:
            return np.array(times)
        times.append(now)
        if random.uniform(0.0, 1.0) < probability:
            now = now + (2e-3 + random.uniform(0.0, 10e-3))
            if now > duration:
                return np.array(times)
            times.append(now)


def pair_drawn(draw, conditions, starts, realisations=20, duration=100.0, dt=1e-3) -> list[np.ndarray]:
    """Weight changes under random spikes, one array (realisations, conditions) for each of `starts`.

    `draw(condition)` gives the spike times of one cell: for every realisation and condition, pre first, then post.
    """
    steps = int(duration / dt)
    pre_event, post_event, post_burst = np.zeros((3, steps, realisations * len(conditions)), dtype=np.int8)
    for k, condition in enumerate([c for _ in range(realisations) for c in conditions]):
        pre_event[:, k] = trains(draw(condition), dt, steps)[0]
        post_event[:, k], post_burst[:, k] = trains(draw(condition), dt, steps)
    shape = realisations, len(conditions)
    return [pair(pre_event, post_event, post_burst, start, dt)[0].reshape(shape) for start in starts]


def poisson_expected(rate, start, duration=100.0, dead=2e-3, limit=LIMIT, eta=ETA, tau_pre=TAU_PRE, alpha=ALPHA):
    """Mean weight change of independent Poisson cells at `rate` [Hz], in closed form (section 5.1)."""
    longer = np.exp(-rate / (1 - rate * dead) * (limit - dead))
    e = rate * longer
    b = e * (1 - longer)
    at_0, a = start[0] / e - 1, start[1] / b - 1

    def integral(t):
        return b / e * (alpha * (at_0 - a) * np.log(at_0 + np.exp(t / alpha)) + a * t) / at_0

    return eta * tau_pre * e * (b * duration - e * (integral(duration) - integral(0)))
