"""The classify protocol: what is answered, when it is examined, and what settings are refused; nothing is compiled here."""

import numpy as np
import pytest
import xarray as xr
from brian2 import ms

from burstnet.analysis.classification import Answers, Examination, confusion, epoch_errors, epoch_means, examined
from burstnet.errors import ArgumentError
from burstnet.experiment import find_experiment
from burstnet.models import burstccn_deep
from burstnet.plots import classification_figure
from burstnet.protocols.classify import Classify
from burstnet.result import Result
from burstnet.shuffles import shuffled


def pictures(training=6, testing=3):
    pixels = np.random.default_rng(0).random((training + testing, 4))
    return burstccn_deep.Pictures(pixels, np.arange(training + testing) % 3, training)


def answers(counts, label, start=None):
    return Answers(np.arange(1.0, 1 + len(label)) if start is None else start, np.array(counts, float), np.array(label))


def test_classes_with_equally_many_events_share_an_answer():
    found = answers([[3, 3, 0], [0, 5, 1], [2, 2, 2]], [0, 2, 1])
    assert np.allclose(found.wrong, [0.5, 1, 2 / 3])
    rows = confusion(found, 3)
    assert np.allclose(rows, [[0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [0, 1, 0]])
    assert np.isnan(confusion(found.between(0, 1.5), 3)[1:]).all()


def test_an_epoch_that_was_not_run_to_its_end_has_no_error():
    found = answers([[1, 0]] * 5, [0, 1, 0, 0, 1], np.array([9.7, 9.999, 19.7, 19.999, 29.7]))
    curve = epoch_errors(found, Examination(0.0, 10.0, 8.0, 2), 3)
    assert np.allclose(curve[:2], [0.5, 0]) and np.isnan(curve[2])


@pytest.mark.parametrize("n", [1, 2, 10, 64, 65, 1257])
def test_every_order_shows_every_image_once(n):
    order = shuffled.pyfunc
    epochs = [order(np.arange(n), n, 1, k) for k in range(3)]
    for one in epochs:
        assert np.array_equal(np.sort(one), np.arange(n))
    if n > 10:
        assert not np.array_equal(epochs[0], epochs[1])
        assert not np.array_equal(epochs[0], order(np.arange(n), n, 2, 0))


def test_orders_are_uniform_and_independent():
    """Means of 100 orders of 101 places, and correlations between places; five standard errors, none of 101 is beyond."""
    orders = np.array([shuffled.pyfunc(np.arange(101), 101, 7, k) for k in range(100)])
    assert abs(orders.mean(axis=0) - 50).max() < 5 * orders.std() / 10
    between = np.corrcoef(orders[:, :-1].T, orders[:, 1:].T)[:100, 100:].diagonal()
    assert abs(between).max() < 5 / 10


def test_the_circuit_has_a_path_back_for_every_hidden_area():
    circuit = burstccn_deep.circuit(pictures(), hidden=(5, 4))
    assert [p.name for p in circuit.projections] == ["W1", "W2", "Y2", "Q2", "W3", "Y3", "Q3"]
    arguments = circuit.arguments()
    assert float(arguments["Q3.scale"].parameter.value) == -0.5
    assert float(arguments["Q3.spread"].parameter.value) == float(arguments["Y3.spread"].parameter.value)
    assert circuit.projection("Q3").like == "Y3"
    with pytest.raises(ArgumentError, match="hidden="):
        burstccn_deep.circuit(pictures(), hidden=())


def test_images_follow_data_and_what_does_not_fit_is_refused():
    experiment = find_experiment("classify")
    protocol = experiment.prepare({"areas": "2", "hidden2.n": "50"}).protocol
    assert [float(getattr(protocol, f"{name}_images")) for name in ("training", "validation", "test")] == [
        1257,
        180,
        360,
    ]
    assert float(experiment.prepare({"validation_images": "0"}).protocol.training_images) == 1437
    for settings, word in (
        ({"test_images": "361"}, "test_images=361"),
        ({"training_images": "1400"}, "training_images=1400"),
        ({"hidden2.n": "50"}, "hidden1.n"),
        ({"data": "digit"}, "Did you mean 'digits'"),
        ({"blank": "300ms"}, "blank="),
        ({"presentation": "90ms"}, "teacher_from="),
        ({"teacher_from": "190ms", "teacher_until": "100ms"}, "teacher_from="),
        ({"shuffled_labels": "0.5"}, "shuffled_labels=0.5"),
        ({"cooling": "-1"}, "cooling=-1"),
        ({"own_rate": "intervals"}, "Did you mean 'interval'"),
        ({"burst_delay": "31ms"}, "burst_delay='31ms'"),
    ):
        with pytest.raises(ArgumentError, match=word):
            experiment.prepare(settings)


def test_the_teacher_speaks_to_the_end_of_a_presentation_unless_told_otherwise():
    prepare = find_experiment("classify").prepare
    assert float(prepare({"presentation": "250ms"}).protocol.teacher_until) == 0.25
    assert float(prepare({"presentation": "250ms", "teacher_until": "200ms"}).protocol.teacher_until) == 0.2


def test_less_privileged_signals_reach_every_area_and_are_not_there_by_default():
    prepare = find_experiment("classify").prepare
    chosen = {"areas": "2", "own_rate": "interval", "burst_delay": "10ms", "event_delay": "12ms"}
    circuit, default = (prepare(settings).circuit for settings in (chosen, {"areas": "2", "burst_delay": "0ms"}))
    for name in ("hidden1", "hidden2", "output"):
        cell = circuit.population(name).cell
        assert "own_rate" in cell.names() and float(cell.parameters["burst_delay"].value) == 0.01
        assert not {"own_rate", "tau_own", "pending", "burst_delay"} & set(default.population(name).cell.names())
    for name, delay in (("Q2", 0.012), ("Q3", 0.012), ("Y2", 0), ("W2", 0)):
        assert float(circuit.projection(name).delay) == delay and not float(default.projection(name).delay)


def test_a_file_of_images_is_data_too(tmp_path):
    rng = np.random.default_rng(1)
    seen, unseen = rng.integers(0, 255, (40, 9)), rng.integers(0, 255, (7, 9))
    file = tmp_path / "mine.npz"
    np.savez(file, x_train=seen, y_train=np.arange(40) % 10, x_test=unseen, y_test=np.arange(7))
    setup = find_experiment("classify").prepare({"data": str(file)})
    assert setup.circuit.population("input").n == 9
    assert float(setup.protocol.training_images) + float(setup.protocol.validation_images) == 40


def test_the_timeline_is_whole_presentations():
    protocol = Classify(epochs=2.0, training_images=5.0, validation_images=2.0, test_images=3.0, blank=50 * ms)
    spans = protocol.timeline().spans()
    assert np.allclose(spans["training"], (1, 1 + 2 * (5 * 0.3 + 2 * 0.3)))
    assert np.allclose(np.diff(spans["test"]), 0.9)


def made(seeds=(1, 2)):
    """A result as the protocol leaves it: two images a validation, one epoch and a half, no test."""
    rng = np.random.default_rng(2)
    time = np.repeat([3.299, 3.599, 5.899], 3)
    data = xr.Dataset(
        {
            "answers_t": ("answers_record", np.tile(time, len(seeds))),
            "answers_counted": ("answers_record", rng.integers(0, 20, 9 * len(seeds)).astype(float)),
            "answers_right": ("answers_record", np.tile([1.0, 0, 0], 3 * len(seeds))),
            "answers_number": ("seed", np.full(len(seeds), 9)),
            "hidden1_signal_mean": (("seed", "state_time"), rng.random((len(seeds), 4))),
        },
        {"seed": list(seeds), "state_time": [1.0, 2.0, 3.0, 4.0]},
    )
    about = {
        "populations": {"input": 4, "hidden1": 5, "output": 3},
        "timeline": [{"name": "training", "start_s": 1.0, "stop_s": 6.2}],
    }
    return Result(data, about)


def test_answers_of_a_seed_are_its_own():
    result = made()
    one, other = (examined(result, seed) for seed in result.seeds)
    assert one.counts.shape == (3, 3) and not np.array_equal(one.counts, other.counts)
    assert (one.label == 0).all()
    with pytest.raises(ArgumentError, match="seed=3"):
        examined(result, 3)


def test_a_state_is_averaged_over_whole_intervals_of_training():
    """Epochs begin at 1 and 3.6 s and train for 2 s; samples are of the second before them."""
    result = made()
    values = result.data["hidden1_signal_mean"].values
    found = epoch_means(result, "hidden1_signal_mean", Examination(1.0, 2.6, 2.0, 2), 2)
    assert np.allclose(found[:, 0], values[:, 1:3].mean(axis=1))
    assert np.isnan(found[:, 1]).all()


def test_a_state_that_a_continued_run_did_not_see_is_left_out():
    result = made()
    values = result.data["hidden1_signal_mean"].values
    values[0, 1] = np.nan
    found = epoch_means(result, "hidden1_signal_mean", Examination(1.0, 2.6, 2.0, 2), 2)
    assert np.array_equal(found[:, 0], values[:, 2])


def test_an_epoch_alone_is_a_point():
    figure = classification_figure(made(), Examination(1.0, 2.6, 2.0, 2), 2)
    (line,) = [
        line for ax in figure.axes if ax.get_label() == "signal" for line in ax.lines if line.get_marker() == "o"
    ]
    assert np.isfinite(line.get_ydata()).sum() == 1


def test_the_figure_shows_what_there_is():
    figure = classification_figure(made(), Examination(1.0, 2.6, 2.0, 2), 2)
    axes = {ax.get_label(): ax for ax in figure.axes}
    assert {"error", "confusion", "raster", "signal"} <= set(axes)
    assert not axes["raster"].axison
    assert [line.get_label() for line in axes["error"].lines if line.get_label() == "test"] == []
