"""Short-term plasticity against the published program's amplitudes, spike by spike, and what it makes of events and bursts.

Source: data/payeur2021/golden_stp.csv, the first twelve spikes of regular trains, printed with six decimals; tolerance
1e-6. ``as_run`` facilitates by U from u = 0.01, as the program does; ``documented`` by 0.1 from u = U.
"""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms, second
from brian2.units.fundamentalunits import Quantity
from support import needs_compiler

from burstnet import Circuit, Phase, Population, Projection, Recording, Timeline, compile
from burstnet.analysis.short_term import DEPRESSING, FACILITATING, response
from burstnet.cells import Fragment, Parameter
from burstnet.models.payeur2021 import DELAY, DT, Published
from burstnet.synapses.connectivity import OneToOne

DATA = Path(__file__).parent / "data" / "payeur2021" / "golden_stp.csv"
TARGETS = ["numpy", pytest.param("cpp", marks=needs_compiler)]
KINDS = {"facilitating": "stf", "depressing": "std"}


def golden():
    """(variant, kind, frequency [Hz]) to the transmitted factors of twelve spikes."""
    found = {}
    with DATA.open(newline="") as source:
        for row in csv.DictReader(source):
            key = row["variant"], row["type"], float(row["freq_Hz"])
            found.setdefault(key, []).append(float(row["ux_transmitted"]))
    return found


def regular():
    """A cell that spikes in step 0 and at equal intervals, a run argument."""
    return Fragment(
        name="regular",
        equations="step = 1.0*t_in_timesteps : 1 (shared)",
        parameters={"interval": Parameter(Quantity(1000.0), "in steps", positive=True)},
        threshold="step - interval*floor((step + 0.5)/interval) < 0.5",
    )


def synapses(published=None, delay=0 * ms, per_synapse=False):
    """One cell before a facilitating and a depressing synapse, whose transmission two sums add up."""
    published = published or Published()
    sums = Fragment(
        name="sums",
        equations="stf_sum : 1\nstd_sum : 1",
        receptors={"stf": "stf_sum", "std": "std_sum"},
    )
    types = {"stf": published.facilitating(), "std": published.depressing()}
    projections = [
        Projection(
            name, "source", "target", port=name, weight=1.0, on="spike", connect=OneToOne(), delay=delay,
            short_term=dataclasses.replace(release, per_synapse=per_synapse),
        )
        for name, release in types.items()
    ]  # fmt: skip
    return Circuit([Population("source", 1, regular()), Population("target", 1, sums)], projections, dt=DT)


def factors(compiled, frequency):
    """What the first twelve spikes transmit: kind to (arrival steps, amounts)."""
    interval = round(1 / (frequency * float(DT)))
    until = (11 * interval + 20) * DT
    result = compiled.run(1, {"source.cell.interval": float(interval)}, until=until)
    found = {}
    for kind, name in KINDS.items():
        sums = result.data[f"target_trace_{name}_sum"].values[0]
        added = np.diff(sums, prepend=0.0)
        found[kind] = np.flatnonzero(added), added[added > 0]
    return found


def compiled(target, **options):
    recording = Recording(
        spikes="none", trace={"target": ("stf_sum", "std_sum")}, trace_window=(0 * second, 3 * second)
    )
    timeline = Timeline([Phase("all", 3 * second)])
    return compile(synapses(**options), timeline, target, recording=recording, strict=True)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("variant", ["as_run", "documented"])
def test_every_spike_transmits_as_published(target, variant):
    settings = {"as_run": Published(), "documented": Published(facilitation_step=0.1, initial_u=None)}
    program, expected = compiled(target, published=settings[variant]), golden()
    for frequency in (5.0, 10.0, 20.0, 50.0, 100.0) if target == "cpp" else (20.0, 50.0, 100.0):
        found = factors(program, frequency)
        for kind in KINDS:
            steps, amounts = found[kind]
            assert np.array_equal(steps, np.arange(12) * round(1 / (frequency * float(DT))))
            assert np.abs(amounts - expected[variant, kind, frequency]).max() < 1e-6, (variant, kind, frequency)


def test_a_state_for_each_synapse_is_the_same():
    shared, own = (factors(compiled("numpy", per_synapse=each), 100.0) for each in (False, True))
    for kind in KINDS:
        assert np.array_equal(shared[kind][0], own[kind][0])
        assert np.allclose(shared[kind][1], own[kind][1], rtol=1e-12)


def test_a_delayed_synapse_is_asked_when_the_spike_arrives():
    """The published program's state relaxes from u = 0.01 until the first spike has travelled for 0.8 ms."""
    found = factors(compiled("numpy", delay=DELAY), 100.0)
    for kind, U, tau in (("facilitating", 0.02, 100 * ms), ("depressing", 0.9, 1 * second)):
        steps, amounts = found[kind]
        assert np.array_equal(steps, np.arange(12) * 100 + 8)
        assert amounts[0] == pytest.approx(U + (0.01 - U) * (1 - float(DT / tau)) ** 8, rel=1e-9)


def test_depression_follows_events_and_facilitation_follows_bursts():
    """Closed form, which the test above ties to the simulation: more events or more of them as bursts."""

    def gains(release):
        base = response(release, 5.0, 0.2)
        return response(release, 10.0, 0.2) / base, response(release, 5.0, 0.6) / base

    by_events, by_bursts = gains(DEPRESSING)
    assert by_events > 1.9 and by_bursts < 1.35
    less_by_events, more_by_bursts = gains(FACILITATING)
    assert more_by_bursts > 1.7 and more_by_bursts > by_bursts + 0.5
