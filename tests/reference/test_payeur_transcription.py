"""The numpy transcription of Payeur et al. (2021) against the published C++ program's own numbers.

Source and columns: data/payeur2021/README.md. In single precision, with products and sums rounded once, spikes agree to
the step; in doubles a few are one step off, and a cell at its threshold can gain a spike after seconds.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reference import payeur_pairing as pairing
from reference.payeur_network import Network, Noise, PlasticProjection, Projection, draw_graph
from reference.payeur_transcription import (
    DEPRESSING,
    DT,
    FACILITATING,
    NAUD,
    PV,
    SOM,
    AdaptiveRule,
    AdExCells,
    BurstPoissonCells,
    Detector,
    NaudCells,
    ShortTerm,
)

DATA = Path(__file__).parent / "data" / "payeur2021"


def rows(name):
    with open(DATA / name, newline="") as file:
        return list(csv.DictReader(file))


def table(name):
    return np.loadtxt(DATA / name, delimiter=",", skiprows=1)


def spikes_of(cells, currents, steps, after=lambda step: None):
    """Steps at which each of `cells` fires under constant currents."""
    found = [[] for _ in range(cells.n)]
    for step in range(steps):
        cells.step()
        for i in np.flatnonzero(cells.spike):
            found[i].append(step)
        cells.inject(*currents)
        after(step)
    return [np.array(steps, dtype=int) for steps in found]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_grid_of_66_cells_fires_the_published_spikes(dtype):
    grid, published = rows("golden_naud_grid.csv"), table("golden_naud_spikes.csv")
    currents = [np.array([float(row[f"I_{where}_pA"]) for row in grid]) * 1e-12 for where in ("soma", "dend")]
    cells = NaudCells(66, dtype=dtype)
    states = []

    def after(step):
        if step % 10 == 0 and step < 2000:
            states.append(np.array([cells.v, cells.v_d, cells.w_s, cells.w_d, cells.theta]))

    found = spikes_of(cells, currents, 50_000, after)
    assert sum(map(len, found)) == 11_248
    for steps, row in zip(found, grid, strict=True):
        assert (steps >= 10_000).sum() / 4 == float(row["spike_rate_Hz_1to5s"])
        first = [row["first_spike_s"]] if row["first_spike_s"] else []
        assert np.array_equal(steps[:1], [round(float(t) / DT) for t in first])
    for i in np.unique(published[:, 0]).astype(int):
        expected = np.rint(published[published[:, 0] == i, 3] / DT)
        assert np.abs(found[i][found[i] < 10_000] - expected).max() <= (0 if dtype is np.float32 else 1)
    for i in (30, 39):
        # Printed with six decimals; in single precision the adaptation decays 3e-5 too fast or slow.
        expected = table(f"golden_naud_trace_n{i}.csv")[:, 1:]
        assert np.allclose(np.array(states)[:, :, i], expected, rtol=5e-5, atol=1e-6)


@pytest.mark.parametrize(("kind", "total", "late"), [("pv", 12_312, 0), ("som", 3_488, 1)])
def test_interneurons_fire_the_published_spikes(kind, total, late):
    """`late` steps are allowed to the intervals of SOM cells, which sum up over 5 s in single precision there."""
    published = [row for row in rows("golden_adex_fI.csv") if row["cell"] == kind]
    cells = AdExCells(32, {"pv": PV, "som": SOM}[kind])
    found = spikes_of(cells, [np.array([float(row["I_pA"]) for row in published]) * 1e-12], 50_000)
    assert sum(map(len, found)) == total
    for steps, row in zip(found, published, strict=True):
        assert (steps >= 10_000).sum() / 4 == float(row["rate_Hz_1to5s"])
        for name, interval in zip(
            ("first_isi_s", "last_isi_s"), np.diff(steps)[[0, -1]] if len(steps) else (), strict=False
        ):
            assert abs(interval - float(row[name]) / DT) < late + 0.5


def test_release_at_every_spike_of_a_train():
    for row in rows("golden_stp.csv"):
        if row["spike_index"] == "0":
            kind = FACILITATING if row["type"] == "facilitating" else DEPRESSING
            documented = {"jump": 0.1, "u_start": kind["use"]} if row["variant"] == "documented" else {}
            synapse = ShortTerm(1, **kind, **documented)
        else:
            for _ in range(round(1 / (float(row["freq_Hz"]) * DT))):
                synapse.relax()
        assert abs(synapse.u[0] - float(row["u_before"])) < 1e-6
        assert abs(synapse.x[0] - float(row["x_before"])) < 1e-6
        assert abs(synapse.transmit(np.array([True]))[0] - float(row["ux_transmitted"])) < 1e-6


def learn(steps, **rule):
    """The 16 x 16 plastic projection: the listed weights, from the start, before every 500th step."""
    i, listed = np.arange(16), np.ix_([0, 5, 10, 15], [0, 5, 10, 15])
    plastic = AdaptiveRule(np.ones((16, 16), bool), 0.01, 0.0035, 0.1, 5.0, **rule)
    network = Network({"pre": NaudCells(16), "post": NaudCells(16)}, [PlasticProjection("pre", "post", plastic)])
    currents = {"pre": (450e-12 + 20e-12 * i, 60e-12 * i), "post": (480e-12 + 25e-12 * i, 60e-12 * i)}
    weights = [plastic.w[listed].ravel()]
    for _ in range(steps // 500):
        network.run(500, currents)
        weights.append(plastic.w[listed].ravel())
    return np.array(weights)


def test_plastic_weights_follow_the_published_ones():
    """To 3e-6 over 4 s, of weights up to 0.09; then one postsynaptic cell has one spike too many in doubles."""
    published = table("golden_plasticity_weights.csv")[:81, 1:]
    found = learn(40_000)
    assert np.abs(found - published)[:11].max() < 1e-7
    assert np.abs(found - published).max() < 3e-6


def test_a_homeostatic_rate_of_events_gives_other_weights():
    published = table("golden_plasticity_weights.csv")[:21, 1:]
    assert np.abs(learn(10_000, homeostatic_rate="events") - published).max() > 1e-3


@pytest.mark.parametrize(("delay", "limit"), [(0, 160), (8, 168)])
def test_the_detector_s_limit_is_16_ms_after_a_synapse_and_16_8_ms_before_it(delay, limit):
    intervals = np.array([limit - 1, limit + 1])
    detector = Detector(2, delay)
    for step in range(limit + 2):
        spike = (step == 0) | (step == intervals)
        event, burst = detector.classify(spike)
        if step == intervals[0]:
            assert burst[0] and not event[0]
        if step == intervals[1]:
            assert event[1] and not burst[1]
        detector.relax(spike)


def test_stochastic_bursts_have_two_spikes_5_to_15_ms_apart():
    random = np.random.default_rng(1)
    cells = BurstPoissonCells(200)
    last, intervals = np.full(200, -1), []
    for step in range(5000):
        cells.step(random.random((200, 2)))
        both = cells.spike & (last >= 0)
        intervals += zip((step - last)[both], cells.event[both], strict=True)
        last[cells.spike] = step
        cells.inject(700e-12, 400e-12)
    intervals, event = np.array(intervals).T
    assert 0 < event.mean() < 1
    assert intervals[event == 1].min() >= 200
    assert 49 <= intervals[event == 0].min() <= 52 and 145 <= intervals[event == 0].max() <= 148


def test_spikes_arrive_0_8_ms_late_and_events_at_once():
    """Conductances at the end of the step of the spike, and eight steps later."""
    source, target = NaudCells(1, v_start=np.array([0.0])), NaudCells(2)
    graph = {"pre": np.array([0]), "post": np.array([0])}
    network = Network(
        {"source": source, "target": target},
        [
            Projection("source", "target", "soma", "exc", **graph, weight=1.0),
            Projection("source", "target", "dend", "inh", **graph, weight=1.0, gate="event"),
        ],
    )
    arrived = []
    network.run(10, after=lambda net: arrived.append((target.soma.exc[0] > 0, target.dend.inh[0] > 0)))
    assert [step for step, (soma, _) in enumerate(arrived) if soma][0] == 8
    assert arrived[0][1]


def test_the_driving_force_of_dendritic_synapses_can_be_the_dendrite_s():
    """With the soma's, an inhibited dendrite is driven by a potential that is not its own."""
    at_soma, at_dend = NaudCells(1), NaudCells(1, replace(NAUD, dendritic_force_at="dend"))
    for cells in (at_soma, at_dend):
        cells.dend.inh += 1.0
        for _ in range(20):
            cells.step()
            cells.inject(0.0, 600e-12)
    assert at_dend.v_d[0] < at_soma.v_d[0]


def test_periodic_pairing():
    for frequency, change in table("pairing_periodic.csv"):
        assert abs(pairing.periodic(frequency) - change) < 1e-12


def test_poisson_pairing():
    """The published draws, printed with six decimals; and the mean in closed form within 3 standard errors."""
    published = table("pairing_poisson.csv")
    random = np.random.RandomState(3)
    starts, rates = [(5.0, 1.5), (5.0, 2.5)], np.linspace(1, 50, 10)
    found = pairing.pair_drawn(lambda rate: pairing.poisson_times(random, rate, 100.0), rates, starts)
    for changes, start, columns in zip(found, starts, (slice(1, 3), slice(3, 5)), strict=True):
        mean, sd = changes.mean(axis=0), changes.std(axis=0)
        assert np.abs(np.column_stack([mean, sd]) - published[:, columns]).max() < 1e-6
        assert np.abs((mean - pairing.poisson_expected(rates, start)) / sd).max() < 3 / np.sqrt(20)


@pytest.mark.parametrize(("rate", "columns"), [(5.0, slice(1, 3)), (10.0, slice(3, 5))])
def test_burst_poisson_pairing(rate, columns):
    published = table("pairing_burstpoisson.csv")
    random = np.random.RandomState(2)

    def draw(probability):
        return pairing.burst_poisson_times(random, rate, probability, 100.0)

    (changes,) = pairing.pair_drawn(draw, np.arange(0.0, 0.5, 0.05), [(rate, 0.2 * rate)])
    found = np.column_stack([changes.mean(axis=0), changes.std(axis=0)])
    assert np.abs(found - published[:, columns]).max() < 1e-6


def test_noise_fires_stochastic_burst_cells_as_published():
    """Input cells of the XOR network at "0" and "1", before learning: event rates within 5 %, bursts within 2 points.

    With 250 cells of each kind over 3 s the standard errors are 2.6 and 1.3 %, and 0.8 and 0.4 points.
    """
    published = [row for row in rows("table_xor_before.csv") if row["input_1"] == "1" and row["input_2"] == "0"]
    expected = {row["population"]: (float(row["er_hz"]), float(row["bp_percent"])) for row in published}
    random = np.random.default_rng(0)
    cells = BurstPoissonCells(500)
    noise = [
        Noise("in", site, kind, weight, 0.05, lambda step: random.random(500))
        for site, weight in (("soma", 0.35), ("dend", 0.05))
        for kind in ("exc", "inh")
    ]
    network = Network({"in": cells}, noise)
    currents = {"in": (np.repeat([150e-12, -350e-12], 250),)}
    detector, events, bursts = Detector(500), np.zeros(500), np.zeros(500)

    def count(net):
        nonlocal events, bursts
        event, burst = detector.classify(cells.spike)
        detector.relax(cells.spike)
        if net.step_number >= 10_000:
            events, bursts = events + event, bursts + burst

    network.run(40_000, currents, burst_uniforms=lambda step, name: random.random((500, 2)), after=count)
    for name, mine in (("in1", slice(0, 250)), ("in2", slice(250, 500))):
        rate, probability = expected[name]
        assert abs(events[mine].mean() / 3 / rate - 1) < 0.05
        assert abs(100 * bursts[mine].sum() / events[mine].sum() - probability) < 2


def xor_network(random, n=500):
    """Fig. 4 before learning, its plastic weights held at their start."""
    soma = {"in1": (0.35, 0.35, 0.05), "hid1": (0.385, 0.49, 0.015), "out": (0.35, 0.35, 0.015)}
    soma |= {"in2": soma["in1"], "hid2": soma["hid1"]}
    start = random.normal(-70e-3, 5e-3, n)
    cells = {name: BurstPoissonCells(n, v_start=start) for name in soma}
    connections = []
    for name, (exc, inh, probability) in soma.items():
        channels = [("soma", "exc", exc, probability), ("soma", "inh", inh, probability)]
        for site, kind, weight, p in [*channels, ("dend", "exc", 0.05, 0.05), ("dend", "inh", 0.05, 0.05)]:
            connections.append(Noise(name, site, kind, weight, p, lambda step: random.random(n)))
    for pre, post in [
        ("in1", "hid1"),
        ("in1", "hid2"),
        ("in2", "hid1"),
        ("in2", "hid2"),
        ("hid1", "out"),
        ("hid2", "out"),
    ]:
        rule = AdaptiveRule(draw_graph(random, n, n, 0.2), 0.234, 8e-3, 0.1, 2.0, e_max=10.0)
        graph = draw_graph(random, n, n, 0.2).nonzero()
        connections.append(PlasticProjection(pre, post, rule))
        connections.append(Projection(pre, post, "soma", "inh", *graph, 0.25, gate="event"))
    for post, kind, weight in [
        ("hid1", "exc", 0.26),
        ("hid1", "inh", 0.06),
        ("hid2", "exc", 0.026),
        ("hid2", "inh", 0.27),
    ]:
        graph = draw_graph(random, n, n, 0.2).nonzero()
        connections.append(Projection("out", post, "dend", kind, *graph, weight, gate="burst"))
    return Network(cells, connections)


@pytest.mark.slow
def test_the_xor_network_before_learning_fires_as_published():
    """At (1, 0), one graph, 0.6-3 s: event rates within 8 %, burst probabilities within 2 points.

    Standard errors are 1-2 % and 0.4-0.9 points; the rest is between graphs, which the published seed does not tell.
    """
    random = np.random.default_rng(4)
    network = xor_network(random)
    currents = {"in1": (150e-12,), "in2": (-350e-12,), "out": (0.0, 400e-12), "hid2": (0.0, 500e-12)}
    detectors = {name: Detector(500) for name in network.cells}
    counts = {name: np.zeros(2) for name in network.cells}

    def count(net):
        for name, cells in net.cells.items():
            event, burst = detectors[name].classify(cells.spike)
            detectors[name].relax(cells.spike)
            if net.step_number >= 6000:
                counts[name] += event.sum(), burst.sum()

    network.run(
        30_000,
        currents,
        learn=lambda step: False,
        burst_uniforms=lambda step, name: random.random((500, 2)),
        after=count,
    )
    for row in rows("table_xor_before.csv"):
        if (row["input_1"], row["input_2"]) == ("1", "0"):
            events, bursts = counts[row["population"]]
            assert abs(events / 500 / 2.4 / float(row["er_hz"]) - 1) < 0.08
            assert abs(100 * bursts / events - float(row["bp_percent"])) < 2
