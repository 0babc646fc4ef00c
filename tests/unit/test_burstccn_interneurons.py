"""The spiking BurstCCN whose feedback goes through interneurons: what it is made of. Nothing is compiled here."""

import pytest
from brian2 import pA

from burstnet.errors import ArgumentError
from burstnet.models import burstccn_interneurons as model
from burstnet.protocols.target_rate import EXPERIMENT


def test_bursts_disinhibit_and_events_inhibit_the_dendrites_below():
    circuit = model.circuit()
    assert [p.name for p in circuit.populations] == ["input", "vip", "sst", "ndnf", "output"]
    ways = {p.name: (p.source, p.target, p.port) for p in circuit.projections}
    assert ways["bursts_to_vip"] == ("output", "vip", "soma.ampa")
    assert ways["vip_to_sst"] == ("vip", "sst", "soma.gaba")
    assert ways["sst_to_dendrite"] == ("sst", "input", "dendrite")
    assert ways["events_to_ndnf"] == ("output", "ndnf", "soma.ampa")
    assert ways["ndnf_to_dendrite"] == ("ndnf", "input", "dendrite")
    assert {"Y", "Q"}.isdisjoint(ways)
    release = {p.name: p.short_term.name for p in circuit.projections if p.short_term}
    assert release == {"bursts_to_vip": "STF", "events_to_ndnf": "STD"}
    assert all(float(circuit.projection(f"{kind}_to_dendrite").weight) < 0 for kind in ("sst", "ndnf"))


def test_summed_weights_do_not_depend_on_sizes():
    def summed(sizes):
        circuit = model.circuit(sizes=sizes)
        n = {p.name: p.n for p in circuit.populations}
        names = ("bursts_to_vip", "events_to_ndnf", "vip_to_sst", "sst_to_dendrite", "ndnf_to_dendrite")
        return [float(circuit.projection(name).weight) * n[circuit.projection(name).source] for name in names]

    assert summed({"output": 30, "vip": 20, "sst": 50, "ndnf": 40}) == pytest.approx(summed(100))


def test_the_experiment_chooses_its_feedback():
    names = [p.name for p in EXPERIMENT.prepare({"feedback": "interneurons", "sst.n": "40"}).circuit.populations]
    assert names == ["input", "vip", "sst", "ndnf", "output"]
    assert [p.name for p in EXPERIMENT.prepare().circuit.populations] == ["input", "output"]
    weight = (
        EXPERIMENT.prepare({"feedback": "interneurons", "sst.n": "40"}).circuit.projection("sst_to_dendrite").weight
    )
    assert float(weight) == pytest.approx(float(-20_000 * pA / 40))


def test_what_is_not_allowed():
    with pytest.raises(ArgumentError, match="areas=3 is not allowed with interneurons; they stand between 2 areas"):
        model.circuit(areas=3)
    with pytest.raises(ArgumentError, match="population.*'ndnv'.*ndnf"):
        model.circuit(sizes={"ndnv": 10})
    with pytest.raises(ArgumentError, match="feedback.*'interneuron'.*interneurons"):
        EXPERIMENT.prepare({"feedback": "interneuron"})
    with pytest.raises(ArgumentError, match="sst.n=40 needs feedback=interneurons"):
        EXPERIMENT.prepare({"sst.n": "40"})
