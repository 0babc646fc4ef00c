"""Cells, synapses and learning of Payeur et al. (2021), transcribed to numpy from the published C++ program's behaviour.

An independent statement for tests to compare with: numpy only, SI units, forward Euler at 0.1 ms, one line of code for
one line of the model, and the program's order of updates. Cells that are paired or wired together: payeur_network.py.
"""

from dataclasses import dataclass
from math import exp, log

import numpy as np

DT = 1e-4
E_EXC, E_INH = 0.0, -80e-3
TAU_EXC, TAU_INH = 5e-3, 10e-3


@dataclass(frozen=True)
class Pyramidal:
    """The two-compartment cell (section 1.1); the stochastic-burst cell (1.2) takes `BURST_POISSON`."""

    e_l: float = -70e-3
    tau_s: float = 16e-3
    c_s: float = 370e-12
    g_s: float = 1300e-12
    b: float = -200e-12
    tau_ws: float = 100e-3
    theta_0: float = -50e-3
    theta_jump: float = 2e-3
    tau_theta: float = 27e-3
    tau_d: float = 7e-3
    c_d: float = 170e-12
    g_d: float = 1200e-12
    c_bap: float = 2600e-12
    bap_steps: int = 20
    a: float = -13e-9
    tau_wd: float = 30e-3
    w_d_start: float = 1e-4
    e_d: float = -38e-3
    d_d: float = 6e-3
    # The published program takes the driving force of dendritic synapses at the soma; a textbook takes the dendrite's.
    dendritic_force_at: str = "soma"
    refractory_steps: int = 200
    burst_from: float = 5e-3
    burst_span: float = 10e-3


@dataclass(frozen=True)
class AdEx:
    """An interneuron (section 1.3); potentials in V, `a` and `b` divided by the leak conductance."""

    tau_m: float
    c: float
    delta: float
    v_t: float
    a: float
    b: float
    tau_w: float
    refractory_steps: int
    v_reset: float
    e_l: float = -70e-3
    v_floor: float = -80e-3
    v_ceiling: float = 20e-3
    threshold: float = 0.0


NAUD = Pyramidal()
BURST_POISSON = Pyramidal(g_s=0, g_d=0, c_bap=0, e_d=-57e-3)
PV = AdEx(tau_m=10e-3, c=100e-12, delta=2e-3, v_t=-48e-3, a=0, b=0, tau_w=5e-3, refractory_steps=10, v_reset=-55e-3)
SOM = AdEx(
    tau_m=20e-3,
    c=100e-12,
    delta=4e-3,
    v_t=25e-12 / 5.5e-9 - 70e-3 + 4e-3 - 4e-3 * log(1.1),
    a=0.1,
    b=2e-3,
    tau_w=500e-3,
    refractory_steps=20,
    v_reset=-65e-3,
)


def add(y: np.ndarray, factor: float, x) -> None:
    """y += factor * x in place, rounded once: in single precision, what a fused multiply-add gives."""
    y += float(y.dtype.type(factor)) * np.asarray(x, dtype=float)


class Conductances:
    """One excitatory and one inhibitory conductance, in units of the leak."""

    def __init__(self, n: int, dtype: type = float) -> None:
        self.exc, self.inh = np.zeros(n, dtype), np.zeros(n, dtype)

    def drive(self, v: np.ndarray) -> np.ndarray:
        """Synaptic current over leak conductance [V] at potential `v`; then decay by one step."""
        j = self.exc * (E_EXC - v) + self.inh * (E_INH - v)
        self.exc *= exp(-DT / TAU_EXC)
        self.inh *= exp(-DT / TAU_INH)
        return j


class NaudCells:
    """`n` two-compartment cells. A step of the program is `step`, the deliveries of all spikes, then `inject`.

    Parameters
    ----------
    n : int
    p : Pyramidal
    v_start : ndarray (n,) [V], optional
        Somatic potential at the start; at rest by default.
    dtype : type
        numpy.float32 for the published program's own precision; in doubles some spikes move by one step.

    Attributes
    ----------
    v, v_d, w_d, theta : ndarray (n,) [V]
    w_s : ndarray (n,)
        Spikes in the somatic adaptation, 1 each.
    spike : ndarray (n,) of bool
        Of the latest step.
    soma, dend : Conductances
    """

    def __init__(self, n: int, p: Pyramidal = NAUD, v_start: np.ndarray | None = None, dtype: type = float) -> None:
        self.n, self.p = n, p
        self.v = np.full(n, p.e_l if v_start is None else v_start, dtype)
        self.v_d = np.full(n, p.e_l, dtype)
        self.w_s, self.w_d = np.zeros(n, dtype), np.full(n, p.w_d_start, dtype)
        self.theta = np.full(n, p.theta_0, dtype)
        self.bap_left = np.zeros(n, dtype=int)
        self.spike = np.zeros(n, dtype=bool)
        self.soma, self.dend = Conductances(n, dtype), Conductances(n, dtype)

    @property
    def gate(self) -> np.ndarray:
        """The dendritic sigmoid f(V_d)."""
        return 1 / (1 + np.exp(-(self.v_d - self.p.e_d) / self.p.d_d))

    def integrate(self) -> None:
        p = self.p
        at_dend = self.v if p.dendritic_force_at == "soma" else self.v_d
        j_s, j_d, gate = self.soma.drive(self.v), self.dend.drive(at_dend), self.gate
        add(self.v, DT / p.tau_s, p.e_l - self.v)
        add(self.v, DT / p.c_s * p.b, self.w_s)
        add(self.v, DT / p.c_s * p.g_s, gate)
        add(self.v_d, DT / p.tau_d, p.e_l - self.v_d)
        add(self.v_d, DT / p.c_d * p.a, self.w_d)
        add(self.v_d, DT / p.c_d * p.g_d, gate)
        add(self.v_d, DT / p.c_d * p.c_bap, self.bap_left > 0)
        add(self.v, DT / p.tau_s, j_s)
        add(self.v_d, DT / p.tau_d, j_d)
        self.w_s *= exp(-DT / p.tau_ws)
        add(self.w_d, DT / p.tau_wd, self.v_d - p.e_l - self.w_d)  # with the new dendritic potential
        add(self.theta, DT / p.tau_theta, p.theta_0 - self.theta)
        self.bap_left = np.maximum(self.bap_left - 1, 0)

    def step(self) -> None:
        self.integrate()
        self.spike = self.v > self.theta
        self.reset(self.spike)
        self.bap_left[self.spike] = self.p.bap_steps

    def reset(self, which: np.ndarray) -> None:
        self.v[which] = self.p.e_l
        self.theta[which] += self.p.theta_jump
        self.w_s[which] += 1

    def inject(self, soma=0.0, dend=0.0) -> None:
        """Injected currents [A] enter after the threshold test and all deliveries."""
        add(self.v, DT, np.asarray(soma / self.p.c_s, self.v.dtype))
        add(self.v_d, DT, np.asarray(dend / self.p.c_d, self.v.dtype))


class BurstPoissonCells(NaudCells):
    """`n` stochastic-burst cells: each event draws whether a second spike follows, and when."""

    def __init__(self, n: int, p: Pyramidal = BURST_POISSON, v_start: np.ndarray | None = None) -> None:
        super().__init__(n, p, v_start)
        self.refractory_left, self.burst_in = np.zeros((2, n), dtype=int)
        self.event = np.zeros(n, dtype=bool)

    def step(self, uniforms: np.ndarray) -> None:
        """`uniforms` is (n, 2): whether an event becomes a burst, and when its second spike comes."""
        p = self.p
        self.integrate()
        second = self.burst_in == 1
        self.burst_in = np.maximum(self.burst_in - 1, 0)
        self.event = (self.v > self.theta) & (self.refractory_left == 0)
        self.refractory_left = np.maximum(self.refractory_left - 1, 0)
        delay = ((p.burst_from + uniforms[:, 1] * p.burst_span) / DT).astype(int)
        drawn = self.event & (uniforms[:, 0] < self.gate)
        # Emitted delay - 1 steps after its event: the counter is read before it is lowered.
        self.burst_in = np.where(drawn, delay - 1, self.burst_in)
        self.reset(self.event)  # the second spike resets nothing
        self.spike = self.event | second
        # 199 more steps are blocked, so that the next event is 200 steps later at the earliest.
        self.refractory_left[self.spike] = p.refractory_steps - 1


class AdExCells:
    """`n` exponential integrate-and-fire interneurons; `v` [V], `w` [V] (adaptation over leak), `spike`, `soma`."""

    def __init__(self, n: int, p: AdEx, v_start: np.ndarray | None = None) -> None:
        self.n, self.p = n, p
        self.v = np.full(n, p.e_l if v_start is None else v_start, float)
        self.w = np.zeros(n)
        self.refractory_left = np.zeros(n, dtype=int)
        self.spike = np.zeros(n, dtype=bool)
        self.soma = Conductances(n)

    def step(self) -> None:
        p = self.p
        free = self.refractory_left == 0
        j = self.soma.drive(self.v)
        bend = p.delta * polynomial_exp((self.v - p.v_t) / p.delta)
        moved = np.clip(self.v + DT / p.tau_m * (p.e_l - self.v + bend + j - self.w), p.v_floor, p.v_ceiling)
        self.spike = free & (moved > p.threshold)
        # v_reset lasts for the step of the spike only; then the cell is held at rest.
        self.v = np.where(self.spike, p.v_reset, np.where(free, moved, p.e_l))
        self.refractory_left = np.where(self.spike, p.refractory_steps, np.maximum(self.refractory_left - 1, 0))
        self.w += p.b * self.spike
        self.w += DT / p.tau_w * (p.a * (self.v - p.e_l) - self.w)

    def inject(self, soma=0.0) -> None:
        self.v += DT * soma / self.p.c


def polynomial_exp(x: np.ndarray) -> np.ndarray:
    """The program's exponential, (1 + x/256)^256."""
    y = 1 + x / 256
    for _ in range(8):
        y = y * y
    return y


class ShortTerm:
    """Depression and facilitation (section 2.2) of `n` presynaptic cells.

    Parameters
    ----------
    n : int
    use, tau_d, tau_f : float, float [s], float [s]
        Resting release probability; recovery from depression; decay of facilitation.
    jump : float, optional
        Step of facilitation; the published program's equals `use`, whatever it was told (the paper says 0.1).
    u_start : float
        0.01 in the published program, which never sets it; a textbook would begin at `use`.
    """

    def __init__(self, n: int, use: float, tau_d: float, tau_f: float, jump: float | None = None, u_start=0.01) -> None:
        self.use, self.tau_d, self.tau_f = use, tau_d, tau_f
        self.jump = use if jump is None else jump
        self.x, self.u = np.ones(n), np.full(n, u_start)

    def transmit(self, spike: np.ndarray) -> np.ndarray:
        """Factor (n,) on the weights of the cells that spike, 0 for the others; then depression and facilitation."""
        amplitude = np.where(spike, self.u * self.x, 0.0)
        self.x = self.x - amplitude
        self.u = np.where(spike, self.u + self.jump * (1 - self.u), self.u)
        return amplitude

    def relax(self) -> None:
        self.x = self.x + DT / self.tau_d * (1 - self.x)
        self.u = self.u + DT / self.tau_f * (self.use - self.u)


FACILITATING = {"use": 0.02, "tau_d": 100e-3, "tau_f": 100e-3}
DEPRESSING = {"use": 0.9, "tau_d": 20e-3, "tau_f": 1.0}


class Delay:
    """Spikes of the last `steps` steps of `n` cells; with 0 steps, the latest ones."""

    def __init__(self, n: int, steps: int) -> None:
        self.ring = np.zeros((steps, n), dtype=bool)
        self.at = 0

    def push(self, spike: np.ndarray) -> np.ndarray:
        """Take this step's spikes, give those of `steps` steps ago."""
        if not len(self.ring):
            return spike
        old, self.ring[self.at] = self.ring[self.at].copy(), spike
        self.at = (self.at + 1) % len(self.ring)
        return old


class Detector:
    """The leaky counter that tells events from bursts (section 3).

    Parameters
    ----------
    n : int
    delay_steps : int
        By which spikes enter the counter late. 0 after a synapse (interval limit 16 ms); 8 before it, where the
        published program feeds the counter with spikes that have travelled (16.8 ms).
    """

    def __init__(self, n: int, delay_steps: int = 0) -> None:
        self.q, self.z = np.zeros(n), np.zeros(n, dtype=bool)
        self.delay = Delay(n, delay_steps)

    def classify(self, spike: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of this step's spikes are events and which are bursts; the counter does not hold them yet."""
        event = spike & (self.q < exp(-1))
        burst = spike & (self.q > exp(-1)) & ~self.z
        self.z = (self.z & ~event) | burst
        return event, burst

    def relax(self, spike: np.ndarray) -> None:
        """End of the step: count its spikes, then decay."""
        self.q = (self.q + self.delay.push(spike)) * exp(-DT / 16e-3)


class AdaptiveRule:
    """Burst-dependent learning with moving-average burst probability and homeostasis (section 4, AdaptiveEBCP).

    Parameters
    ----------
    connected : ndarray (n_pre, n_post) of bool
    w_start, eta, tau_pre, alpha : float, float, float [s], float [s]
    e_min, e_max : float [Hz]
        Homeostatic bounds.
    w_max : float
    homeostatic_rate : {"spikes", "events"}
        What is compared with `e_min`: all postsynaptic spikes over 30 s, from 0.1 Hz, as the published program runs, or
        the moving average of events, as it is written.
    pre_delay_steps : int
        Of the presynaptic detector.
    dtype : type
        Of the traces and weights; in single precision, as in the published program, the 30-s trace decays 0.1 % too fast.
    """

    def __init__(
        self,
        connected: np.ndarray,
        w_start: float,
        eta: float,
        tau_pre: float,
        alpha: float,
        e_min: float = 2.0,
        e_max: float = 12.0,
        w_max: float = 1.0,
        homeostatic_rate: str = "spikes",
        pre_delay_steps: int = 8,
        dtype: type = float,
    ) -> None:
        n_pre, n_post = connected.shape
        self.connected, self.w = connected, np.where(connected, w_start, 0.0).astype(dtype)
        self.eta, self.tau_pre, self.alpha = eta, tau_pre, alpha
        self.e_min, self.e_max, self.w_max = e_min, e_max, w_max
        self.homeostatic_rate = homeostatic_rate
        self.pre, self.post = Detector(n_pre, pre_delay_steps), Detector(n_post)
        self.x_pre = np.zeros(n_pre, dtype)
        self.e_bar, self.b_bar = np.zeros((2, n_post), dtype)
        self.spikes_30s = np.full(n_post, 0.1 * 30, dtype)

    @property
    def p_bar(self) -> np.ndarray:
        """Moving-average burst probability (n_post,), at most 1, and 1 before the first event."""
        return np.minimum(np.divide(self.b_bar, self.e_bar, out=np.ones_like(self.e_bar), where=self.e_bar > 0), 1)

    @property
    def depression(self) -> np.ndarray:
        """Homeostatic depression h (n_post,), from the rate of events."""
        rate = self.e_bar / self.alpha
        return -np.divide(np.maximum(rate - self.e_max, 0), rate, out=np.zeros_like(rate), where=rate > 0)

    def deliver(self, pre_spike: np.ndarray, post_spike: np.ndarray, learn: bool = True) -> np.ndarray:
        """One step's events: what reaches each postsynaptic cell (n_post,); then the changes of weights."""
        before, _ = self.pre.classify(pre_spike)
        sent = self.w[before].sum(axis=0)
        if learn and before.any():
            rate = self.spikes_30s / 30 if self.homeostatic_rate == "spikes" else self.e_bar / self.alpha
            self.change(before, slice(None), self.eta * np.maximum(self.e_min - rate, 0))
        self.x_pre[before] += 1
        event, burst = self.post.classify(post_spike)
        if learn and event.any():
            strength = self.eta * (-self.p_bar + self.depression)[event]
            self.change(slice(None), event, self.x_pre[:, None] * strength)
        self.e_bar[event] += 1  # after the change
        self.b_bar[burst] += 1  # before it
        if learn and burst.any():
            self.change(slice(None), burst, self.x_pre[:, None] * self.eta * (1 + self.depression)[burst])
        return sent

    def change(self, rows, columns, amount) -> None:
        changed = np.clip(self.w[rows, columns] + amount, 0, self.w_max)
        self.w[rows, columns] = np.where(self.connected[rows, columns], changed, 0)

    def relax(self, pre_spike: np.ndarray, post_spike: np.ndarray) -> None:
        """End of the step: all traces decay, whether or not weights change."""
        self.pre.relax(pre_spike)
        self.post.relax(post_spike)
        self.spikes_30s += post_spike
        self.spikes_30s *= exp(-DT / 30)
        self.x_pre *= exp(-DT / self.tau_pre)
        self.e_bar *= exp(-DT / self.alpha)
        self.b_bar *= exp(-DT / self.alpha)
