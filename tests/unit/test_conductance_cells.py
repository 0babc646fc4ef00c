"""Laws of conductance cells, interneurons and their background, on Brian2's numpy target."""

import numpy as np
import pytest
from brian2 import Hz, Network, SpikeMonitor, StateMonitor, ms, mV, pA
from reference.payeur_transcription import NAUD, AdExCells, NaudCells
from reference.payeur_transcription import PV as PUBLISHED_PV

from burstnet import Circuit, Population, Projection, brian2_objects
from burstnet.cells import interneuron
from burstnet.cells.background import background, pooled_background, steady_current
from burstnet.cells.conductance import StochasticBurstParameters, conductance_pyramidal, stochastic_burst
from burstnet.cells.detectors import leaky_counter
from burstnet.models.payeur2021 import Published, pyramidal


def objects_of(cell, n, projections=(), seed=1):
    circuit = Circuit([Population("cells", n, cell)], projections, dt=0.1 * ms, lesion_slots=0)
    objects = brian2_objects(circuit, seed=seed)
    return objects, objects.populations["cells"]


def test_conductances_act_as_in_the_transcription():
    """Three cells with excitation and inhibition on both compartments, 20 ms, with either driving force."""
    starts = np.array([[0.4, 0.0, 1.0], [0.1, 0.5, 0.0], [0.0, 0.3, 2.0], [0.2, 0.6, 0.0]])
    for force, where in (("soma", "soma"), ("dendrite", "dend")):
        cell = pyramidal(Published(driving_force=force), spread=0 * mV)
        objects, group = objects_of(cell, 3)
        for name, values in zip(("g_E_s", "g_I_s", "g_E_d", "g_I_d"), starts, strict=True):
            setattr(group, name, values)
        states = StateMonitor(group, ["V_s", "V_d", "g_E_d", "w_d"], record=True, when="end", clock=group.clock)
        Network(*objects.all(), states).run(20 * ms)
        ours = NaudCells(3, type(NAUD)(dendritic_force_at=where))
        ours.soma.exc[:], ours.soma.inh[:], ours.dend.exc[:], ours.dend.inh[:] = starts
        for step in range(200):
            ours.step()
            found = [getattr(states, f"{name}_")[:, step] for name in ("V_s", "V_d", "g_E_d", "w_d")]
            assert np.allclose(found, [ours.v, ours.v_d, ours.dend.exc, ours.w_d], rtol=0, atol=1e-12)


def test_the_driving_force_makes_a_difference():
    """The control that must fail."""
    soma, dendrite = NaudCells(1), NaudCells(1, type(NAUD)(dendritic_force_at="dend"))
    for cells in (soma, dendrite):
        cells.dend.exc += 5.0
        for _ in range(50):
            cells.step()
    assert abs(soma.v_d[0] - dendrite.v_d[0]) > 1e-3


def test_a_reset_above_rest_makes_interneurons_fire_more():
    """Where a cell goes on after a spike: the published program's `rest` and the textbook's `reset`."""
    counts = {}
    for restart in interneuron.RESTARTS:
        cell = interneuron.adex(interneuron.PV, restart=restart, exponential="squarings") + leaky_counter(0.3 * ms)
        objects, group = objects_of(cell + steady_current(soma=400 * pA), 1)
        spikes = SpikeMonitor(group)
        Network(*objects.all(), spikes).run(200 * ms)
        counts[restart] = spikes.num_spikes
    ours, fired = AdExCells(1, PUBLISHED_PV), 0
    for _ in range(2000):
        ours.step()
        fired += ours.spike[0]
        ours.inject(400e-12)
    assert counts["rest"] == fired and counts["reset"] > 1.2 * fired


@pytest.fixture(scope="module")
def bursting():
    """300 stochastic-burst cells whose dendrites make a burst of about half of their events: spikes by cell."""
    held = StochasticBurstParameters(E_d=-70 * mV)
    cell = stochastic_burst(held) + leaky_counter() + steady_current(soma=700 * pA)
    objects, group = objects_of(cell, 300)
    spikes = SpikeMonitor(group)
    Network(*objects.all(), spikes).run(400 * ms)
    steps, cells = np.rint(np.asarray(spikes.t) / 1e-4).astype(int), np.asarray(spikes.i)
    return [np.sort(steps[cells == i]) for i in range(300)]


def test_stochastic_bursts_have_two_spikes_4_9_to_14_8_ms_apart(bursting):
    intervals = np.concatenate([np.diff(steps) for steps in bursting])
    within = intervals[intervals < 200]
    assert within.min() >= 49 and within.max() <= 148
    # uniform: mean 98.5 with a standard deviation of 28.9 steps
    assert abs(within.mean() - 98.5) < 4 * 28.9 / np.sqrt(len(within))
    assert intervals[intervals >= 200].min() >= 200


def test_an_event_bursts_with_the_probability_of_the_dendrite(bursting):
    """At rest V_d is E_d (but for its first millivolts of adaptation), so that every other event bursts."""
    # the last event of a run may have no time for its second spike
    gaps = [np.diff(steps, prepend=-1000, append=4000) for steps in bursting]
    burst = np.concatenate(
        [after[1:][(after[:-1] >= 200) & (steps < 3850)] < 150 for after, steps in zip(gaps, bursting, strict=True)]
    )
    assert abs(burst.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(burst)) + 0.01


@pytest.mark.parametrize("make", [background, pooled_background])
def test_background_raises_conductances_at_its_rates(make):
    """Mean conductance rate*weight*tau, within four standard errors; pooled cells differ by their numbers of units."""
    channels = {
        "g_E_s": (500 * Hz, 0.02),
        "g_I_s": (150 * Hz, 0.01),
        "g_E_d": (500 * Hz, 0.02),
        "g_I_d": (150 * Hz, 0.01),
    }
    cell = conductance_pyramidal() + leaky_counter() + make(channels)
    objects, group = objects_of(cell, 400)
    names = list(channels)
    states = StateMonitor(group, names, record=True, dt=5 * ms, when="end")
    Network(*objects.all(), states).run(300 * ms)
    for name in names:
        rate, weight = (float(value) for value in channels[name])
        tau = 5e-3 if "E" in name else 10e-3
        values = getattr(states, name)[:, 12:]
        pulses = 400 * 0.24 * rate
        spread = 2 if make is pooled_background else 1
        assert abs(values.mean() / (rate * weight * tau) - 1) < 4 * spread * np.sqrt((1 + tau / 0.24) / pulses) + 0.01
    if make is pooled_background:
        number = np.asarray(group.pulses_g_E_s) / (5 * 1e-4)
        assert np.allclose(number, np.rint(number)) and abs(number.mean() - 100) < 4 * 10 / 20
        assert 8 < number.std() < 12
    pairs = np.corrcoef([getattr(states, name)[:, 12:].ravel() for name in names]) - np.eye(4)
    assert np.abs(pairs).max() < 0.05


def test_currents_act_from_the_next_step_on():
    """Injected after the test of thresholds: a potential at the end of the first step is without the current."""
    weights = np.array([0.0, 100.0])
    projections = [Projection("drive", 1 * pA, "cells", "soma", weights)]
    objects, group = objects_of(pyramidal(Published(), spread=0 * mV), 2, projections)
    states = StateMonitor(group, "V_s", record=True, when="end", clock=group.clock)
    Network(*objects.all(), states).run(0.3 * ms)
    difference = np.diff(states.V_s_, axis=0)[0]
    assert difference[0] == 0
    charge = 1e-4 * 100e-12 / NAUD.c_s
    assert difference[1] == pytest.approx(charge * (1 - 1e-4 / NAUD.tau_s), rel=1e-4)


def test_initial_potentials_are_normal_and_follow_the_seed():
    objects, group = objects_of(pyramidal(Published()), 2000)
    first = np.asarray(group.V_s) + 70e-3
    assert abs(first.mean()) < 4 * 5e-3 / np.sqrt(2000) and abs(first.std() / 5e-3 - 1) < 0.07
    objects.give_up()
    other, group = objects_of(pyramidal(Published()), 2000, seed=2)
    assert not np.array_equal(first, np.asarray(group.V_s) + 70e-3)
    other.give_up()
