"""Burst probability against dendritic current: the published curves with and without recurrent inhibition, and the SST loop.

Source: one seed of the published program (spec table of the supplementary figures): burst probability at 50 pA 28.4, 31.7,
33.9 % for 0, 100, 200 pA into the soma, with recurrent inhibition 25.8, 27.5, 28.3 %; event rates at -100 pA 4.6, 6.9, 9.4
Hz; half of all events are bursts near 100 pA. 4000 cells in 0.5 s have 10 000 events: one point is two standard deviations
over seeds. Controls: the loop without its synapses, and inhibition that does not facilitate.
"""

import numpy as np
import pytest
from support import needs_compiler

from burstnet import compile
from burstnet.errors import ArgumentError
from burstnet.protocols.bp_curve import EXPERIMENT

pytestmark = needs_compiler
BURSTS = {"0": (28.4, 31.7, 33.9), "0.02": (25.8, 27.5, 28.3)}
EVENTS = (4.6, 6.9, 9.4)


class Program:
    """One build, and metrics of any settings that need no other."""

    def __init__(self, **settings):
        self.settings = settings
        setup = EXPERIMENT.prepare(settings)
        self.compiled = compile(setup.circuit, setup.protocol)

    def __call__(self, seeds=1, lesions=(), **settings):
        setup = EXPERIMENT.prepare(self.settings | settings)
        return setup.protocol.metrics(self.compiled.run(seeds, setup.values, lesions=lesions))


@pytest.fixture(scope="module")
def recurrent():
    """A quarter of the cells, three of the currents, and steps twice as long: as many events in half as many cell steps."""
    return Program(
        **{"pyramidal.n": "1000", "first": "-100 pA", "step": "150 pA", "steps": "3", "step_duration": "2 s"}
    )


def test_recurrent_inhibition_normalises_burst_probability(recurrent):
    spreads = {}
    for weight, published in BURSTS.items():
        found = [recurrent(recurrent_inhibition=weight, i_soma=f"{soma} pA") for soma in (0, 200)]
        at_50 = np.array([metrics["bp_percent"].mean[1] for metrics in found])
        assert [list(metrics["bp_percent"].at) for metrics in found] == [[-100, 50, 200]] * 2
        assert np.abs(at_50 - [published[0], published[2]]).max() < 3
        events = [metrics["er_hz"].mean[0] for metrics in found]
        assert np.abs(np.array(events) / [EVENTS[0], EVENTS[2]] - 1).max() < 0.07
        spreads[weight] = np.ptp(at_50)
        assert metrics_agree(found[0])
    assert spreads["0.02"] < spreads["0"] - 1


def metrics_agree(metrics):
    """Scalars are what the curves say."""
    curve = metrics["bp_percent"]
    return (
        metrics["bp_percent_at_50pA"].mean == pytest.approx(curve.mean[1])
        and metrics["er_hz_at_first"].mean == pytest.approx(metrics["er_hz"].mean[0])
        and curve.mean[0] < 8 < 50 < 75 < curve.mean[2]
        and 50 < metrics["half_bp_pA"].mean < 150
        and np.allclose(metrics["br_hz"].mean, metrics["er_hz"].mean * curve.mean / 100)
    )


@pytest.fixture(scope="module")
def loop():
    """The SST loop in small, two currents."""
    return Program(
        **{"circuit": "sst-loop", "pyramidal.n": "1000", "pv.n": "200", "sst.n": "200"},
        first="50 pA", step="100 pA", steps="2",
    )  # fmt: skip


def test_sst_cells_hold_bursts_down_and_vip_release_and_plateau_shift_them(loop):
    """At 150 pA in the full network: 56 % without SST, 43 and 33 % with weaker and full synapses; VIP 43 and 50 %."""

    def bursts(**settings):
        return loop(**settings)["bp_percent"].mean[1]

    full, half, none = bursts(), bursts(som_to_pyr="0.0005"), bursts(som_to_pyr="0")
    assert full < half - 5 < none - 10
    assert abs(none - 56) < 4 and abs(full - 33) < 5
    assert full < bursts(vip_current="-50 pA") - 4 < bursts(vip_current="-100 pA") - 8 < none
    assert bursts(release="0.015") > full + 1 > bursts(release="0.025") + 2
    assert bursts(g_d="1300 pA") > full + 5


def test_interneurons_fire_at_their_rates(loop):
    """Full network, 1 seed: SST 6.0 Hz at 50 pA and 9.2 at 150, PV 12.0 and 12.4; here a little more, as fewer inputs are noisier."""
    found, vip = loop(), loop(vip_current="-100 pA")
    assert np.abs(found["pv_hz"].mean / [12.0, 12.4] - 1).max() < 0.15
    assert found["sst_hz"].mean[1] > found["sst_hz"].mean[0] + 2
    assert np.all(vip["sst_hz"].mean < 0.6 * found["sst_hz"].mean)


def test_a_silent_sst_population_is_no_inhibition(loop):
    silent, none = loop(lesions="sst:silence"), loop(som_to_pyr="0")
    assert np.abs(silent["bp_percent"].mean - none["bp_percent"].mean).max() < 1
    assert silent["sst_hz"].mean.max() == 0


def test_the_step_of_facilitation_goes_with_release():
    setup = EXPERIMENT.prepare({"circuit": "sst-loop", "release": "0.025"})
    assert float(setup.values["pyramidal_to_sst.U"]) == 0.025
    assert "pyramidal_to_sst.f" not in setup.circuit.arguments()
    setup = EXPERIMENT.prepare({"circuit": "sst-loop", "facilitation_step": "0.1"})
    assert float(setup.circuit.arguments()["pyramidal_to_sst.f"].parameter.value) == 0.1


def test_each_circuit_has_its_own_staircase_and_settings():
    for settings, first, last, steps in (({}, "-100 pA", "350 pA", 10), ({"circuit": "sst-loop"}, "-50 pA", "500 pA", 12)):  # fmt: skip
        phases = EXPERIMENT.prepare(settings).protocol.timeline().phases
        assert (phases[0].name, phases[-1].name, len(phases)) == (first, last, steps)
    with pytest.raises(ArgumentError, match="use it with circuit=sst-loop"):
        EXPERIMENT.prepare({"som_to_pyr": "0.001"})
    with pytest.raises(ArgumentError, match="use it with circuit=recurrent"):
        EXPERIMENT.prepare({"circuit": "sst-loop", "recurrent_inhibition": "0.02"})
    with pytest.raises(ArgumentError, match="whole number from 1 to 40"):
        EXPERIMENT.prepare({"steps": "2.5"})


@pytest.mark.slow
def test_the_published_curves_at_full_size():
    """Five seeds: 1.5 points plus three standard errors of the published seed (0.8 points), and 5 % of event rates."""
    program = Program()
    spreads = {}
    for weight, published in BURSTS.items():
        found = [program(range(1, 6), recurrent_inhibition=weight, i_soma=f"{soma} pA") for soma in (0, 100, 200)]
        at_50 = np.array([metrics["bp_percent_at_50pA"].mean for metrics in found])
        assert np.abs(at_50 - published).max() < 1.5 + 3 * 0.8
        events = np.array([metrics["er_hz_at_first"].mean for metrics in found])
        assert np.abs(events / EVENTS - 1).max() < 0.05
        assert all(70 < metrics["half_bp_pA"].mean < 120 for metrics in found)
        spreads[weight] = np.ptp(at_50)
    assert 4 < spreads["0"] < 7 and spreads["0.02"] < 3
