"""The pairing protocols of Payeur et al. (2021), Fig. 2B to D, against the published scripts' weight changes.

Source: data/payeur2021/pairing_*.csv. Periodic pairing is deterministic: 1e-6. Poisson and burst-Poisson pairing: mean of
20 realisations, within three standard errors of the difference of two such means. Controls: no initial bursts, no learning.
"""

from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, second
from reference import payeur_pairing as transcription
from support import needs_compiler

from burstnet import compile
from burstnet.analysis.pairing_theory import burst_poisson_expectation, poisson_expectation
from burstnet.protocols.pairing import EXPERIMENT

DATA = Path(__file__).parent / "data" / "payeur2021"
SEED = 1


def table(name):
    return np.genfromtxt(DATA / name, delimiter=",", names=True)


def compiled(target="cpp", strict=False, **settings):
    setup = EXPERIMENT.prepare(settings)
    return compile(setup.circuit, setup.protocol, target, strict=strict), setup


def curves(program, setup, seeds=SEED, **values):
    result = program.run(seeds, {**setup.values, **values})
    return {name: metric.per_seed for name, metric in setup.protocol.metrics(result).items()}


@needs_compiler
def test_periodic_pairing_is_the_published_one():
    """All 20 frequencies; no burst below 62.5 Hz, so that only depression is left there."""
    published = table("pairing_periodic.csv")
    found = curves(*compiled(strict=True))
    assert np.abs(found["dW"][0] - published["dW"]).max() < 1e-6
    assert np.all((found["dW"][0] > 0) == (published["freq_Hz"] > 62.5))
    assert 58.3 < found["zero_crossing"][0] < 63.6


@pytest.mark.slow
def test_periodic_pairing_on_numpy():
    """Three blocks at four frequencies, against the transcription of the script, to 1e-6 and better."""
    frequencies = np.linspace(55, 100, 4)
    program, setup = compiled(
        "numpy", **{"pre.cell.frequency_first": "55 Hz", "post.cell.frequency_first": "55 Hz"}, points="4", blocks="3",
        duration="3.5 s",
    )  # fmt: skip
    found = curves(program, setup)["dW"][0]
    assert np.abs(found - [transcription.periodic(f, blocks=3) for f in frequencies]).max() < 1e-6


@pytest.mark.slow
def test_periodic_pairing_on_numpy_at_full_length():
    """All blocks of the frequencies that are over after 17 s: 170 000 steps of Python."""
    published = table("pairing_periodic.csv")
    chosen = published["freq_Hz"] > 58
    first = f"{float(np.linspace(1, 100, 20)[chosen][0])!r} Hz"  # the table prints six decimals
    program, setup = compiled(
        "numpy", **{f"{side}.cell.frequency_first": first for side in ("pre", "post")}, points=str(chosen.sum()),
        duration="17 s",
    )  # fmt: skip
    assert np.abs(curves(program, setup)["dW"][0] - published["dW"][chosen]).max() < 1e-6


def assert_within_three_errors(found, mean, sd, realisations=20):
    error = np.hypot(sd, found["dW_sd"][0]) / np.sqrt(realisations)
    assert np.abs((found["dW"][0] - mean) / error).max() < 3


@needs_compiler
def test_poisson_pairing_and_its_sliding_threshold():
    """The threshold between depression and potentiation moves up with the initial burst probability: same program, same spikes."""
    published = table("pairing_poisson.csv")
    program, setup = compiled(train="poisson")
    thirty, fifty = (curves(program, setup, **{"post.cell.initial_p": p}) for p in (0.3, 0.5))
    assert_within_three_errors(thirty, published["dW_mean_P0_03"], published["dW_sd_P0_03"])
    assert_within_three_errors(fifty, published["dW_mean_P0_05"], published["dW_sd_P0_05"])
    assert 18 < thirty["zero_crossing"][0] < 28 < 38 < fifty["zero_crossing"][0] < 50
    none = curves(program, setup, **{"post.cell.initial_p": 0.0})
    assert none["dW"].min() > -0.1, "without bursts to expect, events do not depress"


@needs_compiler
def test_burst_poisson_pairing_crosses_zero_at_the_initial_burst_probability():
    published = table("pairing_burstpoisson.csv")
    program, setup = compiled(train="burst-poisson")
    slow = curves(program, setup)
    fast = curves(program, setup, **dict.fromkeys(("pre.cell.event_rate", "post.cell.event_rate"), 10 * Hz))
    assert_within_three_errors(slow, published["dW_mean_ER5"], published["dW_sd_ER5"])
    assert_within_three_errors(fast, published["dW_mean_ER10"], published["dW_sd_ER10"])
    assert np.ptp(fast["dW"]) > 2 * np.ptp(slow["dW"])
    frozen = curves(program, setup, **{"pairing.eta": 0.0})
    assert np.abs(frozen["dW"]).max() == 0


@needs_compiler
def test_the_same_seed_pairs_the_same_on_numpy_and_cpp():
    """Two seconds of a few pairs; noise, averages and weights agree to rounding."""
    found = [curves(*compiled(target, train="burst-poisson", realisations="2", points="3", duration="2 s")) for target in ("numpy", "cpp")]  # fmt: skip
    assert np.abs(found[0]["dW"]).max() > 0
    assert np.allclose(found[0]["dW"], found[1]["dW"], rtol=1e-9, atol=1e-12)


@needs_compiler
@pytest.mark.slow
def test_means_of_many_realisations_are_those_of_theory():
    """400 realisations; theory takes moving averages at their means, which their noise shifts by up to 0.25."""
    x = np.linspace(1, 50, 10)
    program, setup = compiled(train="poisson")
    measured = curves(program, setup, range(1, 21))["dW"].mean(axis=0)
    assert np.abs(measured - poisson_expectation(x)).max() < 0.4
    x = np.linspace(0, 0.45, 10)
    program, setup = compiled(train="burst-poisson")
    measured = curves(program, setup, range(1, 21))["dW"].mean(axis=0)
    assert np.abs(measured - burst_poisson_expectation(x)).max() < 0.1


def test_what_is_not_allowed():
    with pytest.raises(Exception, match="Did you mean 'poisson'"):
        EXPERIMENT.prepare({"train": "poison"})
    with pytest.raises(Exception, match="sampled every"):
        EXPERIMENT.prepare({"duration": 0.7 * second})
