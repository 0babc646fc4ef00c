"""Spiking BurstCCN (Greedy et al. 2022; journal version 2026), transcribed to numpy from the published spiking program.

An independent statement of the equations for tests to compare with: numpy only, one line of code for one line of the
model, SI units, forward Euler at 1 ms. Time is counted in whole steps, so that the burst limit (an interspike interval
of 16 steps or less) is exact; the published program adds up floats, which makes its limit drift between 15 and 16.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CellParameters:
    """One two-compartment bursting cell; SI units, interval limits in steps."""

    dt: float = 1e-3
    e_l: float = -70e-3
    c_s: float = 370e-12
    tau_s: float = 16e-3
    g_s: float = 1300e-12
    v_reset: float = -70e-3
    theta_inf: float = -50e-3
    tau_theta: float = 27e-3
    theta_jump: float = 2e-3
    tau_w: float = 100e-3
    # The published program multiplies the intended 200 pA by dt/tau_w * tau_w: adaptation is all but off.
    w_jump: float = 200e-12 * 1e-3
    c_d: float = 170e-12
    tau_d: float = 7e-3
    g_d: float = 1200e-12
    e_d: float = -38e-3
    d_d: float = 6e-3
    bap: float = 2600e-12
    tau_wd: float = 30e-3
    a_wd: float = 13e-9
    burst_limit: int = 16
    # Shot noise: charge per pulse / dt, and the probability of a pulse in a step.
    soma_pulse: float = 300e-12 / 0.15
    soma_probability: float = 0.15
    dend_pulse: float = 400e-12 / 0.30
    dend_probability: float = 0.30


@dataclass(frozen=True)
class ExperimentParameters:
    """The experiment: INPUT (plastic drive, feedback) -> OUTPUT (teacher); windows [start, stop) in steps."""

    n: int = 100
    steps: int = 100_000
    drive: float = 200e-12
    w_start: float = 0.4
    w_max: float = 1.5
    eta: float = 2.3e11
    p_baseline: float = 0.375
    forward: float = 0.55 * 40e-9 / 100
    y_per_forward: float = 0.75 * 0.70 * 800 / 100
    soma_bias: float = 50e-12
    soma_bias_per_p: float = -143e-12
    dend_offset: float = -10e-12
    output_dend_bias: float = 42e-12
    output_dend_per_hz: float = -1.71e-12
    tau_average: float = 1.0
    teacher_windows: tuple = ((20_000, 40_000), (60_000, 80_000))
    target_switch: int = 50_000
    targets: tuple = (10.0, 5.0)
    teacher_gains: tuple = (80e-12, 100e-12)


@dataclass(frozen=True)
class Lesioned:
    """What is taken away in one step: factors on what arrives, currents [A], cells held at reset, frozen weights."""

    drive: float | np.ndarray = 1.0
    forward: float | np.ndarray = 1.0
    y: float | np.ndarray = 1.0
    q: float | np.ndarray = 1.0
    frozen: float | np.ndarray = 0.0
    in_silent: bool | np.ndarray = False
    out_silent: bool | np.ndarray = False
    in_soma: float | np.ndarray = 0.0
    in_dend: float | np.ndarray = 0.0
    in_g_d: float | np.ndarray = 1200e-12


INTACT = Lesioned()
CELL = CellParameters()
EXPERIMENT = ExperimentParameters()
# The published program compares times summed in floating point with both bounds included. With these windows every
# reference quantity is reproduced digit for digit; with the exact ones a trajectory departs from it at step 40,000.
PUBLISHED_WINDOWS = ((20_000, 40_001), (60_001, 80_000))


class Population:
    """State of `n` cells; `step` advances them by dt, and `event` and `burst` then hold what this step produced."""

    def __init__(self, n: int, cell: CellParameters) -> None:
        self.cell = cell
        self.v = np.full(n, cell.e_l)
        self.theta = np.full(n, cell.theta_inf)
        self.w = np.zeros(n)
        self.u = np.full(n, cell.e_l)
        self.w_d = np.zeros(n)
        self.spike, self.previous_spike, self.event, self.burst, self.in_burst = np.zeros((5, n), dtype=bool)
        self.last_spike = np.full(n, -np.inf)
        self.now = 0

    def step(self, uniforms: np.ndarray, soma_current, dend_current, silent=False, g_d=None) -> None:
        """One step: soma, classification, adaptation, dendrite (old u and w_d), then w_d (new u)."""
        c = self.cell
        i_soma = soma_current + noise(uniforms[:, :2], c.soma_pulse, c.soma_probability)
        i_dend = dend_current + noise(uniforms[:, 2:], c.dend_pulse, c.dend_probability)
        gate = 1 / (1 + np.exp(-(self.u - c.e_d) / c.d_d))
        # A back-propagating pulse lasts the two steps after its spike, so this step's own spike does not count.
        bap = c.bap * (self.spike.astype(float) + self.previous_spike)

        self.v = self.v + c.dt * (-(self.v - c.e_l) / c.tau_s + (c.g_s * gate + i_soma - self.w) / c.c_s)
        self.v = np.where(silent, c.v_reset, self.v)
        self.theta = self.theta + c.dt * (c.theta_inf - self.theta) / c.tau_theta
        self.previous_spike, self.spike = self.spike, self.v >= self.theta
        self.v[self.spike] = c.v_reset
        self.theta[self.spike] += c.theta_jump

        within = self.now - self.last_spike <= c.burst_limit
        self.event = self.spike & ~within
        self.burst = self.spike & within & ~self.in_burst
        self.in_burst = np.where(self.spike, within, self.in_burst)
        self.last_spike[self.spike] = self.now

        self.w = self.w - c.dt * self.w / c.tau_w + c.w_jump * self.spike
        g_d = c.g_d if g_d is None else g_d
        self.u = self.u + c.dt * (-(self.u - c.e_l) / c.tau_d + (g_d * gate + bap + i_dend - self.w_d) / c.c_d)
        self.w_d = self.w_d + c.dt * (c.a_wd * (self.u - c.e_l) - self.w_d) / c.tau_wd
        self.now += 1


class Averages:
    """Population rates [Hz]: of the last step, and moving averages from 0."""

    def __init__(self, p: ExperimentParameters, cell: CellParameters) -> None:
        self.dt, self.tau, self.p_start = cell.dt, p.tau_average, p.p_baseline
        self.event_now = self.event = self.burst = 0.0

    def update(self, population: Population) -> None:
        self.event_now = population.event.mean() / self.dt
        self.event += self.dt / self.tau * (self.event_now - self.event)
        self.burst += self.dt / self.tau * (population.burst.mean() / self.dt - self.burst)

    @property
    def p(self) -> float:
        return self.burst / self.event if self.event > 0 else self.p_start


def noise(uniforms: np.ndarray, pulse: float, probability: float) -> np.ndarray:
    """One-step pulses of both signs, drawn independently; `uniforms` is (n, 2): plus, minus."""
    return pulse * (uniforms[:, 0] < probability) - pulse * (uniforms[:, 1] < probability)


def simulate_cell(uniforms, soma_current=0.0, dend_current=0.0, cell: CellParameters = CELL) -> dict:
    """Independent cells driven by given uniforms and constant currents.

    Parameters
    ----------
    uniforms : ndarray (steps, n, 4)
        Soma plus, soma minus, dendrite plus, dendrite minus. Numbers >= 0.3 mean no pulse.
    soma_current, dend_current : float or ndarray (n,) [A]
        All constant current; the experiment's offset of -10 pA to the dendrite is not added here.

    Returns
    -------
    dict of ndarray (steps, n)
        v, theta, u [V], w, w_d [A], spike, event, burst; values after each step.
    """
    names = ("v", "theta", "w", "u", "w_d", "spike", "event", "burst")
    population = Population(uniforms.shape[1], cell)
    record = {name: np.empty(uniforms.shape[:2], dtype=getattr(population, name).dtype) for name in names}
    for k, row in enumerate(uniforms):
        population.step(row, soma_current, dend_current)
        for name in names:
            record[name][k] = getattr(population, name)
    return record


def simulate_network(
    seed: int,
    p: ExperimentParameters = EXPERIMENT,
    cell: CellParameters = CELL,
    uniforms=None,
    lesioned=lambda k: INTACT,
) -> dict:
    """The experiment; every value is a (steps,) array of the population after each step.

    Parameters
    ----------
    seed : int
        Of the published program's own noise.
    uniforms : callable, optional
        Step -> two arrays (n, 4) of uniform numbers, INPUT's and OUTPUT's, in the place of that noise.
    lesioned : callable
        Step -> `Lesioned`.

    Returns
    -------
    dict
        in_events, out_events, in_bursts, out_bursts [count]; in_rate, out_rate [Hz] and in_p, out_p (moving averages);
        w_mean, w_std (drive weight); in_u [V]; q, y [A] (mean feedback current of an INPUT dendrite).
    """
    random = np.random.RandomState(seed)
    inp, out = Population(p.n, cell), Population(p.n, cell)
    of_inp, of_out = Averages(p, cell), Averages(p, cell)
    drive_weight = np.full(p.n, p.w_start)
    y = p.y_per_forward * p.forward
    q = -p.p_baseline * y
    potentiation = cell.dt * p.eta * p.drive
    out_events_before = out_bursts_before = 0
    rows = []
    for k in range(p.steps):
        hurt = lesioned(k)
        task = int(k >= p.target_switch)
        taught = any(start <= k < stop for start, stop in p.teacher_windows)
        teacher = p.teacher_gains[task] * (p.targets[task] - of_out.event) if taught else 0.0
        in_soma = hurt.drive * drive_weight * p.drive + hurt.in_soma + p.soma_bias + p.soma_bias_per_p * of_inp.p
        out_soma_bias = p.soma_bias + p.soma_bias_per_p * of_out.p
        out_dend = p.dend_offset + p.output_dend_bias + p.output_dend_per_hz * of_out.event_now + teacher
        # INPUT moves first and reads OUTPUT as it was before OUTPUT's latest step: the feedback lag is two steps.
        q_current, y_current = hurt.q * q * out_events_before, hurt.y * y * out_bursts_before
        out_events_before, out_bursts_before = out.event.sum(), out.burst.sum()
        # OUTPUT reads the INPUT events of the step before: the forward lag is one step.
        out_soma = hurt.forward * p.forward * inp.event.sum() + out_soma_bias
        for_inp, for_out = uniforms(k) if uniforms else (random.rand(p.n, 4), random.rand(p.n, 4))

        in_dend = p.dend_offset + q_current + y_current + hurt.in_dend
        inp.step(for_inp, in_soma, in_dend, hurt.in_silent, hurt.in_g_d)
        # Each bound is tested only in the direction of the change.
        raised = np.minimum(drive_weight + (1 - hurt.frozen) * potentiation, p.w_max)
        lowered = np.maximum(drive_weight - (1 - hurt.frozen) * p.p_baseline * potentiation, 0)
        drive_weight = np.where(inp.burst, raised, np.where(inp.event, lowered, drive_weight))
        of_inp.update(inp)
        out.step(for_out, out_soma, out_dend, hurt.out_silent)
        of_out.update(out)
        rows.append(
            (inp.event.sum(), out.event.sum(), inp.burst.sum(), out.burst.sum(), of_inp.event, of_out.event)
            + (
                of_inp.p,
                of_out.p,
                drive_weight.mean(),
                drive_weight.std(),
                inp.u.mean(),
                np.mean(q_current),
                np.mean(y_current),
            )
        )
    names = "in_events out_events in_bursts out_bursts in_rate out_rate in_p out_p w_mean w_std in_u q y".split()
    return dict(zip(names, np.array(rows).T, strict=True))


PHASES = {
    "inc_pre": (0, 20), "inc_during": (20, 40), "inc_post": (40, 50), "dec_pre": (50, 60),
    "dec_during": (60, 80), "dec_post": (80, 90), "tail": (90, 100),
}  # fmt: skip


def summarise(traces: dict, n: int = 100, dt: float = 1e-3) -> dict:
    """The reference quantities of a 100-s run by name: rates [Hz], u [mV], currents [pA], times [s]."""
    result = {}
    for phase, (start, stop) in PHASES.items():
        windows = {"phase": (start, stop), "last5": (stop - 5, stop), "first2": (start, start + 2)}
        cut = {
            window: {name: values[round(a / dt) : round(b / dt)] for name, values in traces.items()}
            for window, (a, b) in windows.items()
        }
        last = cut["last5"]
        for side in ("out", "in"):
            for kind in ("event", "burst"):
                result[f"{phase}.{side}_{kind}_last5"] = last[f"{side}_{kind}s"].sum() / (n * 5)
            for window, values in cut.items():
                result[f"{phase}.{side}_p_{window}"] = values[f"{side}_bursts"].sum() / values[f"{side}_events"].sum()
        for window in ("phase", "last5"):
            result[f"{phase}.w_{window}"] = cut[window]["w_mean"].mean()
        result[f"{phase}.w_end"] = last["w_mean"][-1]
        result[f"{phase}.w_std_end"] = last["w_std"][-1]
        result[f"{phase}.in_udend_mV_last5"] = last["in_u"].mean() * 1e3
        result[f"{phase}.Q_pA_last5"] = last["q"].mean() * 1e12
        result[f"{phase}.Y_pA_last5"] = last["y"].mean() * 1e12
    rising, falling = slice(round(20 / dt), round(40 / dt)), slice(round(60 / dt), round(80 / dt))
    for side in ("out", "in"):
        result[f"{side}_p_max_during_inc"] = traces[f"{side}_p"][rising].max()
        result[f"{side}_p_min_during_dec"] = traces[f"{side}_p"][falling].min()
    result["t_reach_9p5_s"] = np.argmax(traces["out_rate"][rising] > 9.5) * dt
    result["t_reach_5p5_s"] = np.argmax(traces["out_rate"][falling] < 5.5) * dt
    return result
