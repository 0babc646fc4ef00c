"""Cells and rules of the cerebellum against closed forms and a hand-written transcription, on Brian2's numpy target."""

from math import exp, factorial, log

import numpy as np
import pytest
from brian2 import Hz, Network, SpikeMonitor, StateMonitor, TimedArray, ms, mV, nS, pA, second

from burstnet import Circuit, Knob, Population, Projection, brian2_objects
from burstnet.cells import cerebellar
from burstnet.cells.background import steady_current
from burstnet.cells.fragment import Fragment
from burstnet.errors import ArgumentError
from burstnet.plasticity import MossyNuclear, ParallelFibre, parallel_fibre_rule
from burstnet.plasticity.cerebellar import RULES
from burstnet.synapses.connectivity import OneToOne

DT = 0.5 * ms


def run(populations, projections=(), duration=100 * ms, states=None, knobs=(), weights=None):
    """Run a circuit; what was recorded of the last population's states, and weights at the end."""
    circuit = Circuit(populations, projections, knobs, dt=DT, lesion_slots=0)
    objects = brian2_objects(circuit, seed=1)
    group = objects.populations[populations[-1].name]
    found = StateMonitor(group, states or ["V"], record=True, when="end", clock=group.clock)
    Network(*objects.all(), found).run(duration)
    return found, (objects.projections[weights].variables[f"w_{weights}"].get_value() if weights else None)


def given(name, trains):
    """Cells that spike in given steps, one list a cell."""
    table = np.zeros((2 + max(max(train, default=0) for train in trains), len(trains)))
    for cell, train in enumerate(trains):
        table[list(train), cell] = 1
    array = TimedArray(table, dt=DT, name=f"given_{name}")
    return Fragment(name, threshold=f"given_{name}(t, i) > 0.5", namespace={f"given_{name}": array})


def test_cells_fire_as_often_as_the_closed_form_says():
    """Interval of a leaky cell under constant current; the potential may be one step late at its threshold."""
    driven = {
        "granule": (cerebellar.GRANULE, 20 * pA),
        "purkinje": (cerebellar.PURKINJE, 300 * pA),
        "olive": (cerebellar.OLIVE, 250 * pA),
    }
    populations = [
        Population(
            name, 1, cerebellar.conductance_lif(p.replace(I_spread=0.0, V_noise=0 * mV)) + steady_current(soma=current)
        )
        for name, (p, current) in driven.items()
    ]
    objects = brian2_objects(Circuit(populations, dt=DT, lesion_slots=0), seed=1)
    fired = {name: SpikeMonitor(group) for name, group in objects.populations.items()}
    Network(*objects.all(), *fired.values()).run(800 * ms)
    for name, (p, current) in driven.items():
        rest = float(p.E_L + (p.I_tonic + current) / p.g_L)
        rise = log((rest - float(p.V_r)) / (rest - float(p.V_T)))
        interval = float(p.tau_ref) + float(p.C / p.g_L) * rise
        measured = np.diff(fired[name].t / second)
        assert len(measured) > 5
        assert interval - 1e-9 <= measured.mean() <= interval + float(DT) + 1e-9


def test_below_threshold_the_potential_is_exact():
    cell = cerebellar.conductance_lif(cerebellar.GRANULE, noise=False) + steady_current(soma=3 * pA)
    found, _ = run([Population("cells", 1, cell)], duration=50 * ms)
    potential = found.V_[0]
    tau, rest = float(cerebellar.GRANULE.C / cerebellar.GRANULE.g_L), -62e-3 + 3e-12 / 0.29e-9
    steps = np.arange(len(potential))
    assert np.allclose(potential, rest + (potential[0] - rest) * np.exp(-steps * float(DT) / tau), rtol=0, atol=1e-12)


def test_a_conductance_delivers_its_charge_also_within_a_step():
    cell = cerebellar.conductance_lif(cerebellar.GOLGI.replace(V_noise=0 * mV), receptors={"mossy": 0.23 * ms})
    populations = [Population("mossy", 1, given("mossy", [[2]])), Population("cells", 1, cell)]
    projection = Projection("onto", "mossy", "cells", "soma.mossy", 2 * nS, "spike", OneToOne())
    found, _ = run(populations, [projection], 10 * ms, ["mean_g_E_mossy", "g_E_mossy"])
    # the state at the end of a step is that of the next one's beginning
    assert found.mean_g_E_mossy_[0].sum() * float(DT) == pytest.approx(2e-9 * 0.23e-3, rel=1e-6, abs=0)
    # the control: a step of what stands at its beginning
    assert found.g_E_mossy_[0].sum() * float(DT) > 2 * 2e-9 * 0.23e-3


@pytest.mark.parametrize("stages", [1, 6])
def test_eligibility_is_the_gamma_kernel(stages):
    train = [3, 20, 21, 60]
    cell = given("granule", [train]) + cerebellar.eligibility(stages, 8 * ms)
    found, _ = run([Population("cells", 1, cell)], duration=100 * ms, states=["eligibility"])

    def kernel(step):
        x = step * 0.5 / 8
        return exp(-x) * x ** (stages - 1) / factorial(stages - 1)

    # what is read at the end of a step sees that step's spikes
    wanted = [sum(kernel(step - spike) for spike in train if spike <= step) for step in range(200)]
    assert np.allclose(found.eligibility[0], wanted, rtol=1e-9, atol=1e-12)


def test_the_average_of_a_granule_cell_is_that_of_its_spikes():
    cell = given("granule", [range(0, 400, 20)]) + cerebellar.eligibility(6, 8 * ms)
    found, _ = run([Population("cells", 1, cell)], duration=200 * ms, states=["granule_rate", "eligibility_mean"])
    assert found.granule_rate_[0][-1] == pytest.approx(100, rel=0.02)
    assert found.eligibility_mean[0][-1] == pytest.approx(0.8, rel=0.02)


def test_a_climbing_fibre_makes_complex_spikes():
    populations = [
        Population("olive", 1, given("olive", [[4, 100]])),
        Population(
            "cells", 1, cerebellar.conductance_lif(cerebellar.PURKINJE) + cerebellar.climbing_fibre(tau_rate=5 * second)
        ),
    ]
    projection = Projection("fibre", "olive", "cells", "climbing", 1.0, "spike", OneToOne())
    found, _ = run(populations, [projection], 100 * ms, ["climbing", "complex_rate", "g_E"])
    assert np.flatnonzero(found.climbing[0]).tolist() == [4, 100]
    rate = found.complex_rate_[0]
    assert (np.flatnonzero(np.diff(rate) > 0.1) + 1).tolist() == [5, 101]
    assert rate[150] == pytest.approx(
        exp(-150 * 0.5e-3 / 5) + 0.2 * (exp(-145 * 0.5e-3 / 5) + exp(-49 * 0.5e-3 / 5)), rel=1e-6
    )


def test_the_set_point_is_the_running_mean_of_inhibition():
    spikes = [range(0, 600, 10)]
    cell = cerebellar.conductance_lif(cerebellar.NUCLEAR) + cerebellar.inhibition_average(100 * ms)
    populations = [Population("purkinje", 1, given("purkinje", spikes)), Population("cells", 1, cell)]
    found, _ = run(
        populations,
        [Projection("onto", "purkinje", "cells", "soma.gaba", 1 * nS, "spike", OneToOne())],
        300 * ms,
        ["set_point", "g_I"],
    )
    # from 100 ms on a moving average, which ripples by a step's part of a spike
    assert found.set_point_[0][150] == pytest.approx(found.g_I_[0][:150].mean(), rel=0.05, abs=0)
    assert found.set_point_[0][-1] == pytest.approx(found.g_I_[0][-10:].mean(), rel=0.1, abs=0)


def test_mossy_fibres_answer_each_in_its_own_time():
    knob = Knob("stimulus", 1.0)
    cell = cerebellar.mossy_fibre("stimulus", cerebellar.MossyParameters(unresponsive=0.0, tonic_part=0.2, foot=0.0))
    found, _ = run(
        [Population("mossy", 60, cell, reads=("stimulus",))], (), 600 * ms, ["rate", "tau_response", "tonic"], [knob]
    )
    rate, tau, tonic = found.rate_, found.tau_response_[:, 0], found.tonic[:, 0] > 0.5
    assert 2 < tonic.sum() < 25
    assert np.ptp(rate[tonic][:, 1:], axis=1).max() == 0
    passing = ~tonic & (tau < 0.3)
    # the middle of what is nearly the largest, since the top is flat
    peaks = [0.5e-3 * np.flatnonzero(one > 0.99 * one.max()).mean() for one in rate[passing]]
    assert np.allclose(peaks, 2 * log(2) * tau[passing], rtol=0.05, atol=2e-3)
    assert rate.min() >= 4 - 1e-9
    assert rate.max() <= 84


TRAINS = [[5, 33, 80, 81, 140], [60, 61, 62, 130], [], [10, 20, 30, 40, 50, 60, 70, 150]]
COMPLEX = [[44, 90, 145], [70]]


def transcription(rule, weight, tau=8.0, stages=6, tau_mean=20e3, tau_z=5e3):
    """Weights after 100 ms, spike by spike; times in ms."""
    w = np.full((len(TRAINS), len(COMPLEX)), weight)
    eta, low, high = float(rule.eta), float(rule.w_min), float(rule.w_max)
    z, z_at = np.ones(len(COMPLEX)), np.zeros(len(COMPLEX))
    for step in range(200):
        now = step * 0.5
        for i, train in enumerate(TRAINS):
            past = [now - s * 0.5 for s in train if s < step]
            e = sum(exp(-d / tau) * (d / tau) ** (stages - 1) / factorial(stages - 1) for d in past)
            mean = sum(exp(-d / tau_mean) for d in past) / tau_mean / (1 - exp(-now / tau_mean - 1e-9)) * tau
            for j, fibre in enumerate(COMPLEX):
                ltp = 0.0
                if step in train and rule.form == "covariance":
                    ltp = eta * tau * 1e-3 * z[j] * exp(-(now - z_at[j]) / tau_z)
                elif step in train and rule.form == "fixed":
                    ltp = eta * tau * 1e-3 * float(rule.rest)
                elif step in train and rule.form == "multiplicative":
                    ltp = rule.ltp * (high - w[i, j])
                w[i, j] = np.clip(w[i, j] + ltp, low, high)
                if step - 1 in fibre:
                    active = bool(past) and past[-1] < float(rule.window) * 1e3
                    ltd = {"centred": eta * (e - mean), "multiplicative": eta * w[i, j] * active}.get(
                        rule.form, eta * e
                    )
                    w[i, j] = np.clip(w[i, j] - ltd, low, high)
        for j, fibre in enumerate(COMPLEX):
            if step - 1 in fibre:
                z[j] = z[j] * exp(-(now - z_at[j]) / tau_z) + 1e3 / tau_z
                z_at[j] = now
    return w


def learned(rules, granule=None, purkinje=None):
    """Weights of a projection for each rule after 100 ms."""
    populations = [
        Population("granule", len(TRAINS), granule or given("granule", TRAINS) + cerebellar.eligibility(6, 8 * ms)),
        Population("olive", len(COMPLEX), given("olive", COMPLEX)),
        Population(
            "purkinje",
            len(COMPLEX),
            purkinje
            or cerebellar.conductance_lif(cerebellar.PURKINJE) + cerebellar.climbing_fibre(tau_rate=5 * second),
        ),
    ]
    projections = [
        Projection(f"fibres_{k}", "granule", "purkinje", "soma.ampa", 1 * nS, "spike", plasticity=rule)
        for k, rule in enumerate(rules)
    ]
    climbing = Projection("climbing_fibres", "olive", "purkinje", "climbing", 1.0, "spike", OneToOne())
    circuit = Circuit(populations, [*projections, climbing], [Knob("learning", 1.0)], dt=DT, lesion_slots=0)
    objects = brian2_objects(circuit, seed=1)
    Network(*objects.all()).run(100 * ms)
    weights = [objects.projections[p.name].variables[f"w_{p.name}"].get_value() for p in projections]
    return [w.reshape(len(TRAINS), len(COMPLEX)) for w in weights]


def test_rules_are_those_of_the_transcription():
    rules = [parallel_fibre_rule(name, 1 * nS, learning="learning") for name in RULES]
    for rule, weights in zip(rules, learned(rules), strict=True):
        assert np.allclose(weights, transcription(rule, 1e-9), rtol=1e-6, atol=0), rule
        assert np.abs(weights / 1e-9 - 1).max() > 1e-4
        # a fibre that is silent keeps its weight
        assert np.all(weights[2] == 1e-9)


def test_nuclear_plasticity_follows_what_is_above_and_below_the_mean():
    """Mossy fibres active in a pause of the Purkinje cell gain, those active while it fires lose."""
    purkinje = [s for s in range(0, 2000, 4) if s % 400 < 200]
    mossy = [[s + 150 for s in range(0, 2000, 400)], [s + 350 for s in range(0, 2000, 400)]]
    nuclear = cerebellar.conductance_lif(cerebellar.NUCLEAR) + cerebellar.inhibition_average()
    populations = [
        Population("purkinje", 1, given("purkinje", [purkinje])),
        Population("mossy", 2, given("mossy", mossy)),
        Population("nuclei", 1, nuclear),
    ]
    rule = MossyNuclear(eta=0.01 * nS, w_max=1 * nS)
    projections = [
        Projection("inhibition", "purkinje", "nuclei", "soma.gaba", 1 * nS, "spike"),
        Projection("mossy_to_nuclei", "mossy", "nuclei", "soma.ampa", 0.2 * nS, "spike", plasticity=rule),
    ]
    _, weights = run(populations, projections, 0.6 * second, weights="mossy_to_nuclei")
    assert weights[0] < 0.2e-9 - 0.01e-9
    assert weights[1] > 0.2e-9 + 0.01e-9


def test_what_is_not_allowed_is_said():
    granule = given("granule", TRAINS)
    with pytest.raises(ArgumentError, match="reads 'eligibility'.*compose it with eligibility"):
        learned([parallel_fibre_rule("covariance", 1 * nS)], granule=granule)
    with pytest.raises(ArgumentError, match="learns from complex spikes, but 'purkinje' has none"):
        learned([parallel_fibre_rule("covariance", 1 * nS)], purkinje=cerebellar.conductance_lif())
    with pytest.raises(ArgumentError, match="Did you mean 'covariance'"):
        parallel_fibre_rule("covarance", 1 * nS)
    with pytest.raises(ArgumentError, match="form"):
        ParallelFibre(eta=1 * nS, form="centered")
    with pytest.raises(ArgumentError, match="stages=0"):
        cerebellar.eligibility(0)
    with pytest.raises(ArgumentError, match="tau"):
        cerebellar.eligibility(6, 3 * Hz)
    with pytest.raises(ArgumentError, match="w_max"):
        ParallelFibre(eta=1 * nS, w_min=2 * nS, w_max=1 * nS)
    with pytest.raises(ArgumentError, match="needs a spiking one"):
        Projection("fibres", 1 * pA, "purkinje", weight=1.0, plasticity=ParallelFibre(eta=1 * nS))
