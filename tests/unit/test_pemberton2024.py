"""The rate models of Pemberton et al. 2024: tasks, what learns, lesions, switching, sleep. All in numpy, nothing is built."""

import numpy as np
import pytest
from brian2 import second

from burstnet.analysis.sessions import sessions_to
from burstnet.errors import ArgumentError
from burstnet.models import pemberton2024_network as networks
from burstnet.models.pemberton2024 import CerebellarDrive as Model
from burstnet.models.pemberton2024_consolidation import CerebellarConsolidation, consolidated
from burstnet.models.pemberton2024_scores import Scorer, evidence_weights, selectivity
from burstnet.models.pemberton2024_switching import CerebellarSwitching as SwitchingModel
from burstnet.models.pemberton2024_tasks import draw_task, evidence_in_bins
from burstnet.protocols.cerebellar_drive import EXPERIMENT, CerebellarDrive
from burstnet.protocols.cerebellar_switching import CerebellarSwitching
from burstnet.protocols.consolidation import Consolidation
from burstnet.rate_program import RateProgram

SMALL = {"cortex": 20, "granule": 40, "trials": 50, "test": 30}


def rng(seed=0):
    return np.random.default_rng(seed)


def run(model=None, protocol=None, lesions=(), seeds=(1,)):
    program = RateProgram(model or Model(**SMALL), protocol or CerebellarDrive(sessions=3))
    return program.run(seeds=list(seeds), lesions=list(lesions))


# ------------------------------------------------------------------------------------------------------------------ tasks


@pytest.mark.parametrize("name", ["lines", "lines-constant", "semicircles"])
def test_trajectories_start_at_the_origin_and_end_on_the_circle(name):
    task = draw_task(name, rng())
    shown = task.draw(rng(1), 60, even=True)
    assert np.allclose(shown.targets[0], 0)
    radius = np.linalg.norm(shown.targets[-1], axis=1)
    assert np.allclose(radius[shown.labels == 0], 0)
    assert np.allclose(radius[shown.labels > 0], 1)
    assert np.all(np.bincount(shown.labels) == 10)


def test_profiles():
    speed = {}
    for name in ("lines", "lines-constant", "semicircles"):
        shown = draw_task(name, rng()).draw(rng(1), 6, even=True)
        speed[name] = np.linalg.norm(np.diff(shown.targets[:, 1], axis=0), axis=1)
        if name == "semicircles":
            assert np.allclose(np.linalg.norm(shown.targets[:, 1] - shown.targets[-1, 1] / 2, axis=1), 0.5)
    assert np.ptp(speed["lines-constant"]) < 1e-12
    assert np.ptp(speed["semicircles"]) < 1e-12
    assert speed["lines"].max() > 10 * speed["lines"].min()


def test_a_cue_is_shown_in_the_first_step_only():
    task = draw_task("lines", rng(), noise=0.0)
    shown = task.draw(rng(1), 20)
    assert set(np.unique(shown.inputs[0])) <= {0.0, 1.0}
    assert not shown.inputs[1:].any()
    assert np.allclose(task.draw(rng(1), 20).inputs, shown.inputs)


def test_evidence_is_on_the_side_with_more_puffs():
    task = draw_task("evidence", rng(), noise=0.0)
    shown = task.draw(rng(1), 400)
    more = evidence_in_bins(shown.inputs, 5).sum(axis=1)
    assert np.all(shown.labels == np.where(more < 0, 0, np.where(more > 0, 1, 2)))
    assert not shown.inputs[-5:].any()
    assert shown.inputs.sum(axis=2).max() == 1
    assert task.taught.sum() == 1
    assert draw_task("evidence", rng(), answers=5).taught.sum() == 5


# ------------------------------------------------------------------------------------------------------------- what learns


@pytest.fixture
def exact(monkeypatch):
    """Double precision, so that differences can be compared to many digits."""
    monkeypatch.setattr(networks, "FLOAT", np.float64)


def slope(loss, weights, index, step=1e-5):
    kept = weights[index]
    weights[index] = kept + step
    above = loss()
    weights[index] = kept - step
    below = loss()
    weights[index] = kept
    return (above - below) / (2 * step)


@pytest.mark.parametrize(
    ("basis", "task"), [("single", "lines"), ("temporal", "lines"), ("single", "delayed-association")]
)
def test_the_cerebellum_follows_the_error_of_what_it_said_a_lag_earlier(exact, basis, task):
    task = draw_task(task, rng())
    lags = (3,) if basis == "single" else (0, 1, 2, 3)
    network = networks.new_network(task, rng(1), cortex=12, granule=15, lags=lags)
    shown = task.draw(rng(2), 5)
    activity = networks.run_trials(network, shown.inputs)
    found = networks.gradients(network, activity, shown, task.taught)

    def loss():
        granule = np.maximum(activity.before @ network.weights["mossy"].T, 0)
        said = granule @ network.weights["parallel"].T
        total = 0.0
        for k, lag in enumerate(lags):
            out = said[: task.steps - lag, :, k * task.outputs : (k + 1) * task.outputs]
            wanted = shown.targets[lag:]
            if task.classes:
                each = -(wanted * np.log(networks.softmax(out))).sum(axis=2)
            else:
                each = ((out - wanted) ** 2).sum(axis=2) / 2
            total += (each * task.taught[lag:, None]).sum() / (task.taught.sum() * 5)
        return total

    for name in ("parallel", "mossy"):
        for index in [(0, 0), (1, 3), (1, 7)]:
            assert found[name][index] == pytest.approx(slope(loss, network.weights[name], index), rel=1e-5, abs=1e-9)


def test_the_readout_and_plastic_inputs_follow_their_gradient(exact):
    """Without recurrent weights and feedback e-prop is the whole gradient."""
    task = draw_task("lines", rng())
    network = networks.new_network(task, rng(1), cortex=12, feedback="none", alpha=0.6)
    network.weights["recurrent"][:] = 0
    shown = task.draw(rng(2), 5)
    found = networks.gradients(network, networks.run_trials(network, shown.inputs), shown, task.taught, "full")

    def loss():
        error = networks.run_trials(network, shown.inputs).output - shown.targets
        return (error**2).sum() / 2 / (task.steps * 5)

    for name in ("readout", "input"):
        for index in [(0, 0), (1, 3), (1, 7)]:
            assert found[name][index] == pytest.approx(slope(loss, network.weights[name], index), rel=1e-5, abs=1e-9)
    assert set(found) == {"readout", "input", "recurrent"}


@pytest.mark.parametrize("feedback", networks.FEEDBACKS)
def test_only_what_is_plastic_changes(feedback):
    task = draw_task("lines", rng())
    network = networks.new_network(task, rng(1), cortex=20, granule=30, feedback=feedback)
    before = {name: w.copy() for name, w in network.weights.items()}
    rates = dict.fromkeys(before, 1e-3)
    networks.Learner(rates, "fixed").session(network, task, rng(2), trials=20)
    changed = {name for name, w in network.weights.items() if w.size and not np.array_equal(w, before[name])}
    cerebellum = {"mossy", "parallel"} if feedback.startswith("cerebell") else set()
    assert changed == cerebellum | (set() if feedback == "cerebellar-readout" else {"readout"})
    networks.Learner(rates, "full").session(network, task, rng(2), trials=20)
    assert feedback == "cerebellar-readout" or not np.array_equal(network.weights["recurrent"], before["recurrent"])


# ----------------------------------------------------------------------------------------------------------------- lesions


def test_the_same_seed_gives_the_same_run():
    one, other = run(), run(seeds=(1, 2))
    assert np.array_equal(one.data["error"].values[0], other.data["error"].values[0])
    assert not np.array_equal(other.data["error"].values[0], other.data["error"].values[1])


def test_a_lesion_changes_nothing_before_it_and_equals_the_test_without_the_cerebellum():
    control, arm = run(), run(lesions=["cerebellum:silence@1s.."])
    assert arm.data["error"].values[0, 0] == control.data["error"].values[0, 0]
    assert np.array_equal(arm.data["error"].values[0, 1:], arm.data["error_silenced"].values[0, 1:])
    assert not np.array_equal(control.data["error"].values[0, 1:], control.data["error_silenced"].values[0, 1:])


def test_a_frozen_olive_stops_the_cerebellum_alone(monkeypatch):
    kept = {}

    def session(learner, network, *arguments, **settings):
        before = {name: w.copy() for name, w in network.weights.items()}
        true_session(learner, network, *arguments, **settings)
        kept.update({name: np.array_equal(w, before[name]) for name, w in network.weights.items()})

    true_session = networks.Learner.session
    monkeypatch.setattr(networks.Learner, "session", session)
    run(lesions=["olive:freeze@2s.."])
    assert kept["parallel"] and kept["mossy"] and not kept["readout"]
    run(lesions=["olive:freeze:fraction=0.5@2s.."])
    assert not kept["parallel"]
    run(lesions=["readout:freeze@2s.."])
    assert kept["readout"] and not kept["parallel"]


def test_the_cerebellum_is_off_in_the_steps_that_are_asked_for():
    task = draw_task("lines", rng())
    network = networks.new_network(task, rng(1))
    shown = task.draw(rng(2), 6, even=True)
    intact, off, part = Scorer(task, network, 10, 15).activities(shown)
    assert not off.returned.any()
    assert np.array_equal(part.returned[:10], intact.returned[:10])
    assert not part.returned[10:15].any() and part.returned[15:].any()


def test_arguments_are_checked():
    with pytest.raises(ArgumentError, match="cerebellum"):
        Model(feedback="cerebelum")
    with pytest.raises(ArgumentError, match="20 steps"):
        Model(lag=20)
    with pytest.raises(ArgumentError, match="multiple of batch"):
        Model(trials=15)
    with pytest.raises(ArgumentError, match="off_until"):
        CerebellarDrive(off_from=10, off_until=5)
    with pytest.raises(ArgumentError, match="whole number"):
        CerebellarDrive(sessions=1.5)
    with pytest.raises(ArgumentError, match="lines"):
        EXPERIMENT.prepare({"task": "line"})
    with pytest.raises(ArgumentError, match="lesion target"):
        run(Model(**SMALL, feedback="none"), lesions=["cerebellum:silence"])
    with pytest.raises(ArgumentError, match="shared"):
        SwitchingModel(shared=2)
    with pytest.raises(ArgumentError, match="least-squares"):
        CerebellarConsolidation(rule="least")


# ----------------------------------------------------------------------------------------------------- scores of choices


def test_choices_are_scored_by_accuracy_selectivity_and_evidence():
    result = run(Model(**SMALL | {"task": "evidence", "test": 60}), CerebellarDrive(sessions=1))
    assert result.data["evidence_weight"].shape == (1, 7, 5)
    metrics = CerebellarDrive().metrics(result)
    assert 0 <= metrics["best.accuracy"].mean <= 1
    weight = result.data["evidence_weight"].values[0]
    assert metrics["evidence.weight.2"].mean == pytest.approx(weight[0, 1])
    kept = sum(weight[1 + k, k] for k in range(5)) / weight[0].sum()
    assert metrics["evidence.kept_within"].mean == pytest.approx(kept)


def test_a_network_that_counts_weighs_all_puffs_alike():
    """A cortex of two cells that never forget, read out by their difference."""
    task = draw_task("evidence", rng(), noise=0.0)
    weights = {
        "input": 0.01 * np.eye(2),
        "recurrent": np.zeros((2, 2)),
        "readout": np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]]),
        "feedback": np.zeros((2, 0)),
        "mossy": np.zeros((1, 2)),
        "parallel": np.zeros((3, 1)),
    }
    network = networks.Network(weights, "none", 1.0, (0,), True)
    found = evidence_weights(Scorer(task, network, 0, 0), task.draw(rng(1), 300))
    assert np.ptp(found[0]) < 0.02 * abs(found[0].mean())
    assert np.allclose(found, found[0])


def test_selectivity_of_equal_classes_is_that_of_noise():
    task = draw_task("delayed-association", rng())
    network = networks.new_network(task, rng(1), feedback="none")
    shown = task.draw(rng(2), 400, even=True)
    found = selectivity([networks.run_trials(network, shown.inputs)], shown)[0]
    assert found[0] > 10 * found[-1]


def test_sessions_to_a_criterion():
    assert np.array_equal(sessions_to(np.array([[3, 1, 2], [3, 3, 3]]), 1), [2, np.nan], equal_nan=True)


# ------------------------------------------------------------------------------------------------------ switching and sleep


def test_a_cerebellum_of_its_own_keeps_the_first_task_whatever_the_second_learns():
    protocol = CerebellarSwitching(first=2, second=2, again=1)
    own, frozen = (run(SwitchingModel(**SMALL), protocol, lesions) for lesions in ((), ("olive:freeze@2s..4s",)))
    second = slice(2, 4)
    assert np.ptp(own.data["error_first"].values[0, 1:4]) == 0
    assert np.array_equal(own.data["error_first"].values[0, second], frozen.data["error_first"].values[0, second])
    assert not np.array_equal(own.data["error_second"].values[0, second], frozen.data["error_second"].values[0, second])
    shared = run(SwitchingModel(**SMALL, shared=1.0), protocol)
    assert not np.array_equal(own.data["error_first"].values[0, second], shared.data["error_first"].values[0, second])
    metrics = protocol.metrics(own)
    assert metrics["switched.error"].per_seed[0] == own.data["error_first"].values[0, 3]


def test_replay_by_least_squares_takes_over_the_drive():
    states, weights = rng().standard_normal((4, 50, 10)), rng(1).standard_normal((10, 10))
    assert np.allclose(consolidated(states, states @ weights.T, "least-squares", rate=1.0), weights)
    local = consolidated(states[:1, :1], np.ones((1, 1, 10)), "local", rate=0.1)
    assert np.allclose(local, 0.15 * np.sign(states[0, 0]) / np.abs(states[0, 0]).sum())
    assert not consolidated(states, states, "none").any()


def test_drive_weights_decay_in_sleep():
    protocol = Consolidation(training=1, sleep=4)
    result = run(CerebellarConsolidation(**SMALL), protocol)
    metrics = protocol.metrics(result)
    assert metrics["asleep.drive_percent"].mean == pytest.approx(100 * 0.9**4, rel=1e-5)
    assert np.isnan(result.data["similarity"].values[0, 0])
    assert protocol.timeline().duration == 5 * second
