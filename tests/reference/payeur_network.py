"""Populations wired as in Payeur et al. (2021), out of the transcribed cells and synapses; one step after another.

Random numbers are given by the caller, so that another program's noise and graph can be fed in.
"""

import numpy as np
from reference.payeur_transcription import AdaptiveRule, BurstPoissonCells, Delay, Detector, ShortTerm

TRAVEL_STEPS = 8


def draw_graph(random, n_pre: int, n_post: int, probability: float, autapses: bool = True) -> np.ndarray:
    """Each ordered pair with the same probability: (n_pre, n_post) of bool."""
    connected = random.random((n_pre, n_post)) < probability
    if not autapses:
        np.fill_diagonal(connected, False)
    return connected


class Projection:
    """Static synapses.

    Parameters
    ----------
    source, target : str
    site, kind : {"soma", "dend"}, {"exc", "inh"}
    pre, post : ndarray (n_synapses,) of int
    weight : float or ndarray (n_synapses,)
        In units of the target compartment's leak.
    gate : {"spike", "event", "burst"}
        What is transmitted. Spikes travel 0.8 ms; events and bursts arrive in their own step.
    short_term : ShortTerm, optional
        Of the source's cells, driven by spikes that have travelled.
    """

    def __init__(
        self, source, target, site, kind, pre, post, weight, gate="spike", short_term: ShortTerm | None = None
    ):
        self.source, self.target, self.site, self.kind, self.gate = source, target, site, kind, gate
        order = np.argsort(pre, kind="stable")
        self.pre, self.post = np.asarray(pre)[order], np.asarray(post)[order]
        self.weight = np.broadcast_to(weight, len(order))[order]
        self.short_term = short_term

    def attach(self, cells: dict) -> None:
        n = cells[self.source].n
        self.first = np.searchsorted(self.pre, np.arange(n + 1))
        self.travel = Delay(n, TRAVEL_STEPS)
        self.detector = Detector(n, TRAVEL_STEPS)

    def deliver(self, cells: dict, step: int, learn: bool) -> None:
        spike, target = cells[self.source].spike, cells[self.target]
        if self.gate == "spike":
            spike = self.travel.push(spike)
        else:
            event, burst = self.detector.classify(spike)
            spike = event if self.gate == "event" else burst
        amplitude = self.short_term.transmit(spike) if self.short_term else spike.astype(float)
        conductance = getattr(getattr(target, self.site), self.kind)
        for i in np.flatnonzero(spike):
            mine = slice(self.first[i], self.first[i + 1])
            np.add.at(conductance, self.post[mine], self.weight[mine] * amplitude[i])

    def relax(self, cells: dict) -> None:
        if self.short_term:
            self.short_term.relax()
        if self.gate != "spike":
            self.detector.relax(cells[self.source].spike)


class PlasticProjection:
    """Synapses onto the excitatory soma that transmit events, in their own step, and learn by `rule`."""

    def __init__(self, source: str, target: str, rule: AdaptiveRule) -> None:
        self.source, self.target, self.rule = source, target, rule

    def attach(self, cells: dict) -> None:
        pass

    def deliver(self, cells: dict, step: int, learn: bool) -> None:
        target = cells[self.target]
        target.soma.exc += self.rule.deliver(cells[self.source].spike, target.spike, learn)

    def relax(self, cells: dict) -> None:
        self.rule.relax(cells[self.source].spike, cells[self.target].spike)


class Noise:
    """A private Poisson unit for each cell of `target`: `weight` where the step's uniform number is below `probability`.

    `uniforms` gives the numbers (n,) of a step; a unit's spike is delivered in the step whose number it is.
    """

    def __init__(self, target, site, kind, weight: float, probability: float, uniforms) -> None:
        self.target, self.site, self.kind, self.weight, self.probability = target, site, kind, weight, probability
        self.uniforms = uniforms

    def attach(self, cells: dict) -> None:
        pass

    def deliver(self, cells: dict, step: int, learn: bool) -> None:
        conductance = getattr(getattr(cells[self.target], self.site), self.kind)
        conductance += self.weight * (self.uniforms(step) < self.probability)

    def relax(self, cells: dict) -> None:
        pass


class Network:
    """Cells by name, and connections in the order in which they deliver.

    Parameters
    ----------
    cells : dict of str to NaudCells, BurstPoissonCells or AdExCells
    connections : list of Projection, PlasticProjection or Noise
    """

    def __init__(self, cells: dict, connections: list) -> None:
        self.cells, self.connections, self.step_number = cells, connections, 0
        for connection in connections:
            connection.attach(cells)

    def run(self, steps: int, currents=None, learn=lambda step: True, burst_uniforms=None, after=None) -> None:
        """Advance by `steps`.

        Parameters
        ----------
        currents : dict or callable, optional
            Population -> injected currents [A], a tuple (soma,) or (soma, dend); or the function of the step that
            gives it.
        learn : callable
            Step -> whether weights change.
        burst_uniforms : callable, optional
            Step, population -> uniform numbers (n, 2) for stochastic-burst cells.
        after : callable, optional
            Called with the network after each step, the step's injected currents included.
        """
        for _ in range(steps):
            step = self.step_number
            for name, cells in self.cells.items():
                if isinstance(cells, BurstPoissonCells):
                    cells.step(burst_uniforms(step, name))
                else:
                    cells.step()
            for connection in self.connections:
                connection.deliver(self.cells, step, learn(step))
            for name, injected in (currents(step) if callable(currents) else currents or {}).items():
                self.cells[name].inject(*injected)
            for connection in self.connections:
                connection.relax(self.cells)
            if after:
                after(self)
            self.step_number += 1
