"""Projections onto receptors: what arrives and when, and what is refused, each in one sentence."""

import dataclasses

import numpy as np
import pytest
from brian2 import Hz, ms, mV, nS, pA

from burstnet import ArgumentError, Circuit, Phase, Population, Projection, Recording, Timeline, compile
from burstnet.cells import Fragment, exact_isi
from burstnet.cells.averages import burst_averages
from burstnet.cells.background import background, poisson_units, pooled_background
from burstnet.cells.conductance import StochasticBurstParameters, conductance_pyramidal, stochastic_burst
from burstnet.cells.interneuron import PV, adex
from burstnet.experiment import Number
from burstnet.models.payeur2021 import Published, pyramidal
from burstnet.neurons import is_broadcast
from burstnet.plasticity import AdaptiveBurstDependent
from burstnet.synapses import ShortTermPlasticity
from burstnet.synapses.connectivity import AllToAll, WithProbability

PYRAMIDAL = pyramidal(Published())


def circuit(**options):
    given = {"port": "soma.ampa", "weight": 0.1} | options
    return Circuit([Population("a", 3, PYRAMIDAL), Population("b", 2, PYRAMIDAL)], [Projection("W", "a", "b", **given)])


RULE = AdaptiveBurstDependent(eta=0.01)
REFUSED = {
    "an unknown receptor": ({"port": "soma.amp"}, "port of 'b' for projection 'W' .*Did you mean 'soma.ampa'"),
    "an unknown compartment": ({"port": "axon"}, "port of 'b' for projection 'W'"),
    "a current onto a receptor": ({"weight": 5 * pA}, "'W': weight=5. pA has the wrong unit; it is measured in 1"),
    "a factor onto a port": ({"port": "soma"}, "'W': weight=0.1 has the wrong unit; it is a current"),
    "a bound in another unit": (
        {"plasticity": AdaptiveBurstDependent(eta=0.01, w_min=0 * pA, w_max=1 * pA)},
        "'W': w_min=.* is not in the unit of its weight",
    ),
    "a rate in another unit": (
        {"plasticity": AdaptiveBurstDependent(eta=1 * pA)},
        "'W': eta=.* has the wrong unit",
    ),
    "learning without averages": ({"plasticity": RULE}, "the cell of 'b' has none; compose it with burst_averages"),
    "an unknown event": ({"on": "bursts"}, "event of projection 'W' 'bursts'|'bursts'.*Did you mean 'burst'"),
    "no axonal counter": ({"on": "axonal_events"}, "Did you mean 'axonal_event'"),
    "a gain that is not there": ({"gain": "opened"}, "knob of projection 'W'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_projection_refuses(what):
    options, message = REFUSED[what]
    with pytest.raises(ArgumentError, match=message) as found:
        circuit(**options)
    assert "\n" not in str(found.value)


def test_a_constant_source_does_not_enter_a_receptor_nor_learn_adaptively():
    cells = [Population("a", 3, PYRAMIDAL)]
    with pytest.raises(ArgumentError, match="port of 'a' for projection 'bias'"):
        Circuit(cells, [Projection("bias", 5 * pA, "a", "soma.ampa", 1.0)])
    with pytest.raises(ArgumentError, match="constant source; AdaptiveBurstDependent needs a spiking one"):
        Projection("bias", 5 * pA, "a", weight=1.0, plasticity=RULE)


@pytest.mark.parametrize("name", ["events", "delay", "source", "target", "pre", "variables", "clock", "connect"])
def test_names_that_brian2_s_synapses_keep_are_refused(name):
    with pytest.raises(ArgumentError, match=f"projection name '{name}' is not allowed"):
        Projection(name, "a", "b", "soma.ampa", 0.1)


CHANNELS = {
    "none": ({}, "give one to four conductances"),
    "five": ({f"g_{k}": (5 * Hz, 0.1) for k in range(5)}, "give one to four conductances"),
    "a time": ({"g_E_s": (5 * ms, 0.1)}, "rate=5. ms of channel 'g_E_s' is not allowed; give a rate of at least 0 Hz"),
    "below zero": ({"g_E_s": (-5 * Hz, 0.1)}, "rate=.* of channel 'g_E_s' is not allowed"),
}


@pytest.mark.parametrize("what", CHANNELS)
@pytest.mark.parametrize("make", [background, pooled_background])
def test_what_background_refuses(make, what):
    channels, message = CHANNELS[what]
    with pytest.raises(ArgumentError, match=message):
        make(channels)


def test_other_arguments_that_are_refused():
    for attempt, message in (
        (lambda: conductance_pyramidal(driving_force="dendrit"), "driving_force .*Did you mean 'dendrite'"),
        (lambda: stochastic_burst(driving_force="axon"), "driving_force"),
        (lambda: StochasticBurstParameters(tau_ref=3 * mV), "tau_ref=.* has the wrong unit"),
        (lambda: PV.replace(g_M=1 * nS), "Did you mean 'g_L'"),
        (lambda: adex(restart="rset"), "restart .*Did you mean 'reset'"),
        (lambda: adex(exponential="squaring"), "exponential .*Did you mean 'squarings'"),
        (lambda: burst_averages(homeostatic_rate="event"), "homeostatic_rate .*Did you mean 'events'"),
        (lambda: poisson_units(3 * mV), "rate=.* is not allowed; give a rate of at least 0 Hz"),
        (lambda: Published(initial_u=2.0), "initial_u=2.0 is not allowed"),
        (lambda: Number(0.1, "", 0, 1).parse("1.5", "density"), "density='1.5' is not allowed; it is from 0 to 1"),
        (lambda: Number(0.1, "", 0, 1).parse("__import__", "density"), "density"),
        (lambda: Number(0.1, "", 0, 1).parse("3 mV", "density"), "density"),
        (lambda: Number(0.1, "", 0, 1).parse("nan", "density"), "density"),
    ):
        with pytest.raises(ArgumentError, match=message) as found:
            attempt()
        assert "\n" not in str(found.value)


def clock(threshold):
    return Fragment("clock", "step = 1.0*t_in_timesteps : 1 (shared)", threshold=threshold)


@pytest.fixture(scope="module")
def arrived():
    """Sums of what arrives in every step, after one spike in step 3 and two cells in step 5."""
    names = ("all", "sparse", "late", "gated")
    equations = "\n".join(f"d{n}_sum/dt = 0/second : 1" for n in names)
    sums = Fragment("sums", equations, receptors={n: f"{n}_sum" for n in names})
    source = clock("(i == 0 and step == 3) or (i > 0 and step == 5)") + dataclasses.replace(exact_isi(), equations=exact_isi().equations.replace("step = 1.0*t_in_timesteps : 1 (shared)", ""))  # fmt: skip
    circuit = Circuit(
        [Population("source", 3, source), Population("target", 4, sums)],
        [
            Projection("broad", "source", "target", "all", 0.5, on="spike", connect=AllToAll()),
            Projection("wired", "source", "target", "sparse", 0.5, on="spike", connect=WithProbability(1.0)),
            Projection("slow", "source", "target", "late", 0.5, on="spike", delay=0.4 * ms),
            Projection("firsts", "source", "target", "gated", 0.5, on="event", connect=WithProbability(1.0)),
        ],
        dt=0.1 * ms,
    )
    kept = Recording(statistics=1 * ms, states=1 * ms, trace={"target": tuple(f"{n}_sum" for n in names)})
    result = compile(circuit, Timeline([Phase("all", 2 * ms)]), "numpy", recording=kept).run(1)
    return {n: np.diff(result.data[f"target_trace_{n}_sum"].values[0], prepend=0.0) for n in names}


def test_one_sum_for_all_is_what_synapses_would_give(arrived):
    """Both raise a conductance for the next step: the synapse at the end of the spike's, the sum at the beginning of the next."""
    assert np.flatnonzero(arrived["sparse"]).tolist() == [3, 5]
    assert np.flatnonzero(arrived["all"]).tolist() == [4, 6]
    assert arrived["sparse"][[3, 5]].tolist() == arrived["all"][[4, 6]].tolist() == [0.5, 1.0]
    assert np.array_equal(arrived["gated"], arrived["sparse"])


def test_a_delay_is_kept_to_the_step(arrived):
    assert np.flatnonzero(arrived["late"]).tolist() in ([7, 9], [8, 10])
    assert arrived["late"][arrived["late"] > 0].tolist() == [0.5, 1.0]


def test_one_sum_serves_cells_that_have_a_step():
    """A cell without a differential equation would never take the sum in; it gets synapses."""
    for line, one_sum in (("total : 1", False), ("dtotal/dt = 0/second : 1", True)):
        cell = Fragment("cell", line, receptors={"in": "total"})
        circuit = Circuit(
            [Population("a", 3, poisson_units(5 * Hz)), Population("b", 2, cell)],
            [Projection("W", "a", "b", "in", 1.0, on="spike")],
        )
        assert is_broadcast(circuit, circuit.projections[0]) == one_sum


def test_release_is_a_source_s_own_or_a_synapse_s():
    release = ShortTermPlasticity(U=0.2)
    for options, own in (({}, False), ({"delay": 5 * ms}, True)):
        projection = Projection("W", "a", "b", "soma.ampa", 0.1, short_term=release, **options)
        assert projection.release_per_synapse == own
        assert ("u_W" in projection.source_fragment().names()) != own
