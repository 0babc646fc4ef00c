"""The network of Boven et al.: gradients, predicted feedback, lesions, tasks, metrics and figures, on small networks."""

from __future__ import annotations

import numpy as np
import pytest
from brian2.units import second
from matplotlib import pyplot

from burstnet.analysis.feedback_horizon import benefit, change_after, equivalence, lesion_cost, retention, slope
from burstnet.errors import ArgumentError, ResultError
from burstnet.experiment import find_experiment
from burstnet.models.boven2023 import Boven2023
from burstnet.models.boven2023_layers import Adam, lstm_backward
from burstnet.models.boven2023_network import Network, Rule
from burstnet.models.boven2023_tasks import digit_images, make_task
from burstnet.plots import draw_benefit, feedback_figure
from burstnet.protocols.feedback_horizon import FeedbackHorizon
from burstnet.rate_program import RateProgram

SMALL = Boven2023(cortex=8, granule=12, layers=1)
SHORT = FeedbackHorizon(sessions=6, batches=2, batch=20)


def network(task, cells=7, granule=9, layers=2, seed=0):
    rng = np.random.default_rng(seed)
    found = Network(task.inputs.shape[2], cells, granule, layers, rng, rng, 1e-3, 1e-3, np.float64)
    # a cerebellum that has something to say
    found.cerebellum["W_PF"][:] = rng.normal(size=found.cerebellum["W_PF"].shape)
    return found


def rule(horizon, gain=0.1, end=True):
    return Rule(horizon, 2, gain, clip=1.0, after_the_end=end)


def run(lesions="", seeds=(1,), model=SMALL, **settings):
    protocol = FeedbackHorizon(**{"sessions": 6, "batches": 2, "batch": 20} | settings)
    return RateProgram(model, protocol).run(seeds=seeds, lesions=lesions)


@pytest.fixture(scope="module")
def intact():
    return run(seeds=(1, 2))


@pytest.mark.parametrize(("name", "noise"), [("line-drawing", 0.0), ("line-drawing", 0.1), ("digit-lines", 0.1)])
def test_without_truncation_the_cortex_follows_the_gradient(name, noise):
    task = make_task(name)
    net, whole = network(task), rule(task.steps)
    trials = task.batch(np.random.default_rng(1), 6, noise)
    gradient = net.gradients(trials, whole, np.zeros(14), np.ones(14)).cortex.copy()

    def loss():
        # the mean over trials, told steps and coordinates
        off = ((net.draw(trials)[1] - trials.y) ** 2).sum(axis=2) @ trials.copies
        return float(whole.weight(task.steps) @ off) / 2 / trials.copies.sum()

    rng = np.random.default_rng(2)
    for name in net.cortex.names():
        weights, found = net.cortex[name].ravel(), gradient[name].ravel()
        for at in rng.integers(0, weights.size, 4):
            held = weights[at]
            weights[at] = held + 1e-5
            up = loss()
            weights[at] = held - 1e-5
            down = loss()
            weights[at] = held
            assert found[at] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-8), name


def test_the_cerebellum_learns_what_comes_back_to_the_start_of_a_window():
    """Its gradient is that of the squared error of its predictions, against targets that hold still."""
    task = make_task("line-drawing")
    net, short = network(task), rule(3)
    trials = task.batch(np.random.default_rng(1), 50)
    on = np.ones(14)
    target = net.feedback(trials, short, on).bootstrapped
    gradient = net.gradients(trials, short, on, on).cerebellum.copy()

    def loss():
        wrong = (net.feedback(trials, short, on).predicted - target) ** 2
        return float((wrong.sum(axis=(0, 2)) * trials.copies).sum())

    for name in ("W_MF", "W_GC1", "b_PF"):
        weights, found = net.cerebellum[name].ravel(), gradient[name].ravel()
        held = weights[3]
        weights[3] = held + 1e-5
        up = loss()
        weights[3] = held - 1e-5
        down = loss()
        weights[3] = held
        assert found[3] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-9), name


def test_windows_seeded_with_the_true_feedback_give_the_full_gradient():
    """What a perfect cerebellum would do at a gain of one."""
    task = make_task("line-drawing")
    net = network(task)
    trace, drawn = net.draw(task.every())
    errors = (drawn - task.every().y) @ net.cortex["W_out"].T
    nothing = np.zeros((1, 7, 14))
    exact, at_states = lstm_backward(trace, errors, net.cortex, task.steps, nothing)
    for horizon in (1, 3, 4):
        starts = rule(horizon).starts(task.steps)
        seeds = np.concatenate((at_states[starts[1:]], nothing))
        windows, _ = lstm_backward(trace, errors, net.cortex, horizon, seeds)
        np.testing.assert_allclose(windows, exact, rtol=1e-10, atol=1e-14)
        without, _ = lstm_backward(trace, errors, net.cortex, horizon, np.zeros((len(starts), 7, 14)))
        assert np.abs(without - exact).max() > 1e-3


def test_the_olive_hears_errors_of_the_window_and_the_prediction_behind_it():
    task = make_task("line-drawing")
    net, on = network(task), np.ones(14)
    trials = task.every()
    heard = net.feedback(trials, rule(2), on)
    deaf = net.feedback(trials, rule(2), np.zeros(14))
    silent_end = net.feedback(trials, rule(2, end=False), on)
    # the published code lets feedback in after the end, where nothing follows
    assert not np.allclose(heard.bootstrapped[-1], deaf.bootstrapped[-1])
    np.testing.assert_array_equal(silent_end.bootstrapped[-1], deaf.bootstrapped[-1])
    np.testing.assert_array_equal(heard.true, deaf.true)
    whole = net.feedback(trials, rule(10, end=False), on)
    # errors are weighted by the told steps of a window
    np.testing.assert_allclose(whole.bootstrapped, whole.true)


def test_equal_trials_are_computed_once_and_count_as_often_as_they_come():
    task = make_task("line-drawing")
    once, all_of_them = network(task), network(task)
    trials = task.batch(np.random.default_rng(3), 50)
    assert trials.copies.sum() == 50 and len(trials.copies) <= 7
    every = task._trials(np.repeat(trials.label, trials.copies), np.ones(50, dtype=int))
    on = np.ones(14)
    for net, batch in ((once, trials), (all_of_them, every)):
        net.learn(batch, rule(2), on, on)
    np.testing.assert_allclose(once.cortex.flat, all_of_them.cortex.flat, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(once.cerebellum.flat, all_of_them.cerebellum.flat, rtol=1e-6, atol=1e-9)


def test_adam_is_that_of_its_paper():
    weights, gradient = np.array([1.0, -2.0]), np.array([0.5, -1e-3])
    adam = Adam(2, np.float64, rate=0.1)
    m = v = 0.0
    expected = weights.copy()
    for step in (1, 2, 3):
        adam.step(weights, gradient * step)
        m, v = 0.9 * m + 0.1 * gradient * step, 0.98 * v + 0.02 * (gradient * step) ** 2
        expected -= 0.1 * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.98**step)) + 1e-9)
        np.testing.assert_allclose(weights, expected, rtol=1e-12)


def test_told_steps_and_windows():
    weight = rule(3).weight(10)
    np.testing.assert_allclose(weight, [0.5, 0, 0.5, 0, 1, 0, 0.5, 0, 0.5, 0])
    assert rule(3).starts(10).tolist() == [0, 3, 6, 9]
    # windows of one step without feedback have no error at all
    np.testing.assert_allclose(rule(1).weight(10), [1, 0] * 5)


def test_a_seed_says_the_same_again_and_arms_are_the_same_until_they_are_lesioned(intact):
    again = run(seeds=(2,))
    np.testing.assert_array_equal(again.data["error"].values[0], intact.data["error"].values[1])
    lesioned = run("cerebellum:silence@3s..", seeds=(1, 2))
    np.testing.assert_array_equal(lesioned.data["error"].values[:, :3], intact.data["error"].values[:, :3])
    assert (lesioned.data["error"].values[:, 4:] != intact.data["error"].values[:, 4:]).all()
    assert np.isnan(lesioned.data["cosine_true"].values[:, 3:]).all()
    assert np.isfinite(lesioned.data["cosine_true"].values[:, 1:3, :9]).all()


def test_without_a_cerebellum_its_size_makes_no_difference():
    small, large = (run("cerebellum:scale=0", model=Boven2023(cortex=8, granule=g)) for g in (5, 30))
    np.testing.assert_array_equal(small.data["error"], large.data["error"])
    # unlike in the network that has one
    assert not np.array_equal(run(horizon=1).data["error"], small.data["error"])


def test_with_a_horizon_of_all_of_a_trial_a_cerebellum_makes_no_difference():
    intact, cut = run(horizon=10), run("cerebellum:silence", horizon=10)
    np.testing.assert_array_equal(intact.data["error"], cut.data["error"])
    # clipped together it takes from the cortex what it needs itself
    together = run(horizon=10, model=Boven2023(cortex=8, granule=12, clipping="together"))
    assert not np.array_equal(together.data["error"], cut.data["error"])


def test_a_frozen_olive_leaves_the_cerebellum_as_it_is_and_a_part_of_it_that_part():
    task, on = make_task("line-drawing"), np.ones(14)
    net = network(task)
    trials = task.batch(np.random.default_rng(1), 50)
    net.learn(trials, rule(1), on, on)  # the optimiser has momentum now
    before, cortex = net.cerebellum.copy(), net.cortex.copy()
    net.learn(trials, rule(1), on, np.zeros(14))
    np.testing.assert_array_equal(net.cerebellum.flat, before.flat)
    assert (net.cortex.flat != cortex.flat).mean() > 0.5
    part = (np.arange(14) < 5).astype(float)
    net.learn(trials, rule(1), on, part)
    moved = (net.cerebellum["W_PF"] != before["W_PF"]).any(axis=0)
    assert moved[:5].all() and not moved[5:].any()


def test_lesions_that_the_network_does_not_have_are_refused():
    for lesion, message in (
        ("olive:silence", "'silence' does not go with 'olive'; allowed there: freeze"),
        ("cerebelum:silence", "Did you mean 'cerebellum'"),
        ("cortex:silence", "lesion target"),
    ):
        with pytest.raises(ArgumentError, match=message):
            run(lesion)


def test_drawings_of_lines_and_digits():
    lines = make_task("line-drawing")
    assert lines.inputs[:, 0, 0].tolist() == pytest.approx([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
    assert not lines.inputs[:, 1:].any() and not lines.targets[3].any()
    ends = np.delete(lines.targets[:, -1], 3, axis=0)
    np.testing.assert_allclose(np.linalg.norm(ends, axis=1), 10)
    speed = np.linalg.norm(np.diff(lines.targets, axis=1), axis=2)
    np.testing.assert_allclose(np.delete(speed, 3, axis=0), 10 / 9)
    digits = make_task("digit-drawing")
    assert digits.targets.shape == (10, 8, 2) and np.abs(digits.targets).max() <= 10
    assert len(digits.inputs) == 1797 and not set(digits.training) & set(digits.testing)
    assert 0 <= digits.inputs.min() and digits.inputs.max() == 1
    drawn = digits.batch(np.random.default_rng(0), 30, test=True)
    assert drawn.x.shape[0] == 8 and drawn.x.shape[2] == 8
    assert set(drawn.label) <= set(digits.label[digits.testing])


def test_images_of_a_file(tmp_path):
    rng = np.random.default_rng(0)
    images, label = rng.integers(0, 256, (40, 6, 5), dtype=np.uint8), rng.integers(0, 10, 40)
    np.savez(tmp_path / "own.npz", x_train=images, y_train=label)
    task = make_task("digit-lines", str(tmp_path / "own.npz"))
    assert task.inputs.shape == (40, 6, 5) and task.inputs.max() == 1 and task.targets.shape == (10, 6, 2)
    np.savez(tmp_path / "other.npz", x=images[:, 0], y=label)
    np.savez(tmp_path / "none.npz", z=label)
    np.savez(tmp_path / "objects.npz", x=np.array([{}]), y=np.array([1]))
    (tmp_path / "text.npz").write_text("no")
    for name, message in (
        ("other", r"shape \(40, 5\)"),
        ("none", "holds no digits"),
        ("objects", "cannot be read"),
        ("text", "cannot be read"),
        ("missing", "cannot be read"),
    ):
        with pytest.raises(ResultError, match=message):
            digit_images(str(tmp_path / f"{name}.npz"))


def test_digits_are_learned_from():
    found = run(model=Boven2023(task="digit-lines", cortex=10, granule=10, layers=1), sessions=2, test_noise=0)
    assert found.data["drawing"].shape == (1, 10, 8, 2) and np.isfinite(found.data["drawing"]).all()
    assert found.data["error"].values[0, -1] < found.data["untrained_error"].values[0]


def test_settings_that_are_not_allowed():
    for given, message in (
        ({"horizon": 0}, "horizon=0"),
        ({"sessions": 1.5}, "sessions=1.5"),
        ({"input_noise": -1}, "input_noise=-1"),
    ):
        with pytest.raises(ArgumentError, match=message):
            FeedbackHorizon(**given)
    with pytest.raises(ArgumentError, match="Did you mean 'line-drawing'"):
        Boven2023(task="line-drawin")
    with pytest.raises(ArgumentError, match="granule=0"):
        Boven2023(granule=0)
    with pytest.raises(ArgumentError, match="Unknown end"):
        Boven2023(end="loud")
    with pytest.raises(ArgumentError, match="Did you mean 'apart'"):
        Boven2023(clipping="appart")


def test_the_experiment_by_name_with_metrics_and_figure(intact):
    experiment = find_experiment("feedback-horizon")
    setup = experiment.prepare({"horizon": "2", "cortex": "8", "task": "digit-lines", "learning_rate": "1e-4"})
    assert float(setup.protocol.horizon) == 2
    metrics = SHORT.metrics(intact)
    assert set(experiment.headline) <= set(metrics)
    error = intact.data["error"].values
    np.testing.assert_allclose(metrics["final_error"].per_seed, error[:, -1])
    np.testing.assert_allclose(metrics["mean_error"].per_seed, error.mean(axis=1))
    assert metrics["sessions_to_criterion"].per_seed.tolist() == [7, 7]
    reached = FeedbackHorizon(criterion=100).metrics(intact)["sessions_to_criterion"].per_seed
    assert reached.tolist() == [1, 1]
    figure = experiment.draw(intact)
    axes = {ax.get_label(): ax for ax in figure.axes}
    drawn = {line.get_label(): line for line in axes["error"].lines}
    np.testing.assert_allclose(drawn["error"].get_ydata(), error.mean(axis=0))
    assert {f"drawn {k}" for k in range(7)} <= {line.get_label() for line in axes["drawing"].lines}
    assert {"cosine_true", "cosine_bootstrapped"} <= {line.get_label() for line in axes["cosine"].lines}
    assert feedback_figure(run("cerebellum:silence")).axes


def test_what_lesions_cost_and_what_is_kept(intact):
    lesioned = run("cerebellum:silence@3s..", seeds=(1, 2))
    difference = lesioned.data["error"].values - intact.data["error"].values
    np.testing.assert_allclose(lesion_cost(lesioned, intact, 3, 2), difference[:, 3:5].mean(axis=1))
    means = [r.data["error"].values.mean(axis=1) for r in (intact, lesioned)]
    np.testing.assert_allclose(benefit(intact, lesioned), (means[1] - means[0]) / means[1])
    held = 1 - intact.data["error"].values / intact.data["untrained_error"].values[:, None]
    np.testing.assert_allclose(retention(intact, 3, 2), held[:, 3:5].mean(axis=1) / held[:, 1:3].mean(axis=1))
    changed = change_after(intact, "error", 3, 2)
    error = intact.data["error"].values
    np.testing.assert_allclose(changed, error[:, -2:].mean(axis=1) - error[:, 1:3].mean(axis=1))
    with pytest.raises(ArgumentError, match="seeds"):
        benefit(intact, run(seeds=(1, 3)))
    with pytest.raises(ArgumentError, match="session=5"):
        lesion_cost(lesioned, intact, 5, 2)


def test_a_slope_with_its_interval():
    at = [1, 2, 3, 5]
    values = np.array([[5.0, 4, 3, 1], [6.0, 4, 2, -2]])
    found = slope(at, values)
    np.testing.assert_allclose(found.per_seed, [-1, -2])
    assert found.mean == pytest.approx(-1.5)
    # Student's t with one degree of freedom: 12.706 standard errors of 0.5
    assert found.high == pytest.approx(-1.5 + 12.706 * 0.5, rel=1e-3)
    with pytest.raises(ArgumentError, match="points are not allowed"):
        slope([1, 2], values)


def test_that_a_mean_lies_between_two_bounds():
    kept = np.array([0.97, 1.0, 1.02, 0.99])
    # the nearer bound decides: (0.995 - 0.9) over a standard error of 0.0104, three degrees of freedom
    assert equivalence(kept, 0.9, 1.1) == pytest.approx(0.0014, abs=2e-4)
    assert equivalence(kept, 0.99, 1.1) > 0.3 and equivalence(kept - 0.2, 0.9, 1.1) > 0.9
    assert equivalence(np.zeros(3), -0.05, 0.05) == 0 and equivalence(np.ones(3), -0.05, 0.05) == 1
    for values, low, high in ((np.ones(1), 0, 2), (np.ones((2, 2)), 0, 2), (np.ones(3), 2, 0)):
        with pytest.raises(ArgumentError, match="low < high"):
            equivalence(values, low, high)


def test_the_benefit_over_horizons_is_drawn():
    ax = draw_benefit({5: np.array([0.0, 0.1]), 1: np.array([0.3, 0.5])})
    points = {line.get_label(): line for line in ax.lines}["seeds"]
    np.testing.assert_allclose(points.get_xdata(), [1, 1, 5, 5])
    np.testing.assert_allclose(points.get_ydata(), [30, 50, 0, 10])
    mean = next(c for c in ax.containers if c.get_label() == "mean")
    np.testing.assert_allclose(np.asarray(mean.lines[0].get_ydata(), dtype=float), [40, 5])
    pyplot.close(ax.figure)
    with pytest.raises(ArgumentError, match="at least one horizon"):
        draw_benefit({})


def test_a_session_is_a_second():
    assert FeedbackHorizon(sessions=7).timeline().duration == 7 * second
