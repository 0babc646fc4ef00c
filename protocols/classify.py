"""classify: a deep network of single spiking neurons learns images in one phase; are errors assigned to every area?

Every epoch shows images with a teacher and then, without teacher and learning, images held out for validation; a test on
unseen images ends the run. All of it is equations of the circuit. Imports its model and analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.alignment import angle
from burstnet.analysis.classification import Examination, classification_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.cells.sigmoidal import OWN_RATES
from burstnet.circuit import Circuit
from burstnet.datasets import IMAGES
from burstnet.errors import ArgumentError, unknown_name
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models import burstccn, burstccn_deep
from burstnet.models.burstccn_deep_twin import twin_of
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.setups import Setup
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "STRUCTURE", "Classification", "Classify", "network"]

_OURS = "burstnet"
#: In the first phase all pixels are at their mean, for so long; then for as long the lowest area's biases take the mean away.
_GREY = 0.5 * second
#: Hidden areas have so many cells where nothing else is said.
_CELLS = 100


@dataclass(frozen=True, kw_only=True)
class Classify(ParameterSet):
    """The classify protocol.

    Numbers of images that are not given follow from ``data``: an eighth of the images for training is held out.

    References
    ----------
    Greedy et al. (2022); that single neurons learn images, and how, is our own.
    """

    epochs: Quantity = parameter(60.0, "epochs of training", _OURS, positive=True)
    training_images: Quantity = parameter(1257.0, "shown in an epoch", _OURS, positive=True)
    validation_images: Quantity = parameter(180.0, "examined after every epoch, the last of the training set", _OURS)
    test_images: Quantity = parameter(360.0, "examined at the end, of the test set", _OURS)
    training_set: Quantity = parameter(1437.0, "images of the training set", _OURS, positive=True)
    presentation: Quantity = parameter(300 * ms, "of an image in training", _OURS, positive=True)
    blank: Quantity = parameter(0 * ms, "end of a presentation without the image", _OURS)
    teacher_from: Quantity = parameter(
        100 * ms,
        "of a presentation, from when on teacher and learning are on; an image takes its time to arrive",
        _OURS,
    )
    teacher_until: Quantity = parameter(
        300 * ms, "of a presentation, until when they are; its end where only that is given", _OURS
    )
    examination: Quantity = parameter(300 * ms, "of an image in validation and test", _OURS, positive=True)
    count_from: Quantity = parameter(80 * ms, "of an examination, from when on events count", _OURS)
    learning_rate: Quantity = parameter(1.0, "factor on all learning rates", _OURS)
    decay: Quantity = parameter(0.95, "factor on learning rates from one epoch to the next", _OURS, positive=True)
    cooling: Quantity = parameter(0.0, "c of a further factor 1/(1 + c*t) on learning rates, after t epochs", _OURS)
    shuffled_labels: Quantity = parameter(0.0, "1: images for training have each other's labels, a control", _OURS)
    criterion: Quantity = parameter(0.1, "error of validation at which the images count as learned", _OURS)

    NAME = "classify"
    TITLE = "Single neurons of several areas learn to classify images from bursts"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "training_images", "validation_images", "test_images", "training_set"):
            value = float(getattr(self, name))
            if value != round(value) or value < 0:
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number, at least 0.")
        if float(self.training_images) + float(self.validation_images) > float(self.training_set):
            raise ArgumentError(
                f"training_images={float(self.training_images):g} and validation_images={float(self.validation_images):g} are not allowed; the training set has {float(self.training_set):g}."
            )
        for name in ("learning_rate", "cooling"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")
        if float(self.shuffled_labels) not in (0.0, 1.0):
            raise ArgumentError(f"shuffled_labels={float(self.shuffled_labels):g} is not allowed; it is 0 or 1.")
        whole = float(self.presentation)
        if not 0 <= float(self.teacher_from) <= float(self.teacher_until) <= whole + 1e-9:
            raise ArgumentError(
                f"teacher_from={self.teacher_from} and teacher_until={self.teacher_until} are not allowed; a presentation lasts {self.presentation}."
            )
        for name, longest in (("blank", self.presentation), ("count_from", self.examination)):
            if not 0 <= float(getattr(self, name)) < float(longest):
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is from 0 s to below {longest}.")

    @property
    def epoch(self) -> float:
        """Length of an epoch [s]."""
        trained = float(self.training_images) * float(self.presentation)
        return trained + float(self.validation_images) * float(self.examination)

    def timeline(self) -> Timeline:
        """Mean grey, training, and a test."""
        common: dict[str, Quantity | float] = {
            "trained": float(self.training_images),
            "validated": float(self.validation_images),
            "presentation": self.presentation,
            "blank": self.blank,
            "teacher_from": self.teacher_from,
            "teacher_until": self.teacher_until,
            "examination": self.examination,
            "count_from": self.count_from,
            "decay": self.decay,
            "cooling": self.cooling,
            "learning_rate": self.learning_rate,
            "labels_shuffled": self.shuffled_labels,
        }
        begun = 2 * _GREY
        trained = float(self.epochs) * self.epoch * second
        held_out = float(self.training_set) - float(self.validation_images)
        training = common | {"training": 1.0, "begun": begun, "first_examined": held_out}
        testing = common | {"testing": 1.0, "begun": begun + trained, "first_examined": float(self.training_set)}
        phases = [Phase("grey", begun, common | {"centred_in": _GREY}), Phase("training", trained, training)]
        if float(self.test_images):
            phases.append(Phase("test", float(self.test_images) * self.examination, testing))
        return Timeline(phases)

    def recording(self, circuit: Circuit) -> Recording:
        """Counts every second, the areas' signals every 5 s, answers, and spikes of the last two images for training."""
        shown = float(2 * _GREY) + (float(self.epochs) - 1) * self.epoch
        shown += float(self.training_images) * float(self.presentation)
        first = max(0.0, shown - 2 * float(self.presentation))
        return Recording(
            spike_window=(first * second, shown * second),
            statistics=1 * second,
            states=5 * second,
            means={p.name: ("signal",) for p in circuit.populations if p.readout},
        )

    def metrics(self, result: Result) -> Mapping[str, Metric | Curve]:
        """See `burstnet.analysis.classification.classification_metrics`; and ``AREA.feedback_angle`` of every hidden area.

        That is the angle [degree] between the weights that go up from an area and those that bring bursts back to it, at the
        end of the run; of a result that keeps its final state.
        """
        found = classification_metrics(result, *_examination(result), criterion=float(self.criterion))
        return {**found, **(_feedback_angles(result) if result.has_states else {})}


def _examination(result: Result) -> tuple[Examination, int]:
    """When a run was examined, and how many epochs it was to have; from what it says of itself."""
    phase = next(phase for phase in result.about["timeline"] if phase["name"] == "training")
    value = {name: float(setting["value"]) for name, setting in phase["settings"].items()}
    trained = value["trained"] * value["presentation"]
    epoch = trained + value["validated"] * value["examination"]
    epochs = float(result.about["parameters"]["epochs"])
    return Examination(value["begun"], epoch, trained, round(value["validated"])), round(epochs)


def _feedback_angles(result: Result) -> dict[str, Metric]:
    networks = [twin_of(result, seed).network for seed in result.seeds]
    return {
        f"{area}.feedback_angle": Metric(
            "degree", np.array([float(angle(n.weights[k + 1], n.bursts[k])) for n in networks])
        )
        for k, area in enumerate(list(result.populations)[1:-1])
    }


def _figure(result: Result) -> Any:
    from burstnet.plots.classification import classification_figure

    return classification_figure(result, *_examination(result))


@lru_cache(maxsize=2)
def _pictures(data: str) -> burstccn_deep.Pictures:
    return burstccn_deep.pictures(data)


@dataclass(frozen=True)
class _Images(Choice):
    """Images by name, or a file of them."""

    def parse(self, text: str, name: str) -> str:
        """The name, or the path of a file that is there."""
        if text not in self.allowed and not (text.endswith(".npz") and Path(text).is_file()):
            raise unknown_name(f"{name} (or a file that ends with .npz)", text, self.allowed)
        return text


def _feedback_follows(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Q is drawn as wide as Y, and where feedback learns it learns as W does, unless something else is said."""
    given = dict(settings)
    learns = given.get("feedback") == "kolen-pollack"
    for name, value in settings.items():
        projection, _, what = name.partition(".")
        arrow, area = projection[:1], projection[1:]
        if arrow == "Y" and what == "spread":
            given.setdefault(f"Q{area}.spread", value)
        elif learns and arrow == "W" and area != "1" and what in ("eta", "decay"):
            given.setdefault(f"Y{area}.{what}", value)
            given.setdefault(f"Q{area}.{what}", value)
    return given


@dataclass(frozen=True)
class Classification(Experiment):
    """An experiment with images: numbers of images that are not given follow from them."""

    def prepare(self, settings: Mapping[str, str | Quantity | float] | None = None) -> Setup:
        """See `Experiment.prepare`; of feedback, what is not given follows what is, see `_feedback_follows`."""
        given = _feedback_follows(settings or {})
        data = self.structure["data"].parse(str(given.get("data", "digits")), "data")
        images = _pictures(str(data))
        given.setdefault("training_set", str(images.training))
        given.setdefault("validation_images", str(images.training // 8 + 1))
        if "training_images" not in given:
            held_out = float(str(given["validation_images"]))
            given["training_images"] = f"{max(1.0, images.training - held_out):g}"
        given.setdefault("test_images", str(images.testing))
        if "presentation" in given:
            given.setdefault("teacher_until", given["presentation"])
        found = super().prepare(given)
        for name, most in (("training_set", images.training), ("test_images", images.testing)):
            if float(getattr(found.protocol, name)) > most:
                raise ArgumentError(
                    f"{name}={float(getattr(found.protocol, name)):g} is not allowed; {data!r} has {most}."
                )
        return found


def network(structure: Mapping[str, Any]) -> Circuit:
    """The network of these structural settings."""
    areas = structure.get("areas", 1)
    names = [f"hidden{k}.n" for k in range(1, areas + 1)]
    for name in structure:
        if name.endswith(".n") and name not in names:
            raise unknown_name("size", name, names)
    return burstccn_deep.circuit(
        _pictures(structure.get("data", "digits")),
        [structure.get(name, _CELLS) for name in names],
        feedback=structure.get("feedback", "random"),
        own_rate=structure.get("own_rate", "membrane"),
        burst_delay=structure.get("burst_delay") or None,
        event_delay=structure.get("event_delay") or None,
    )


#: Settings of the network that are fixed when it is built.
STRUCTURE: dict[str, Whole | Number | Choice] = {
    "data": _Images("digits", "images to learn, or an .npz file of them", IMAGES),
    "areas": Whole(1, "hidden areas, each of 100 cells or of hidden1.n, hidden2.n ..."),
    "feedback": Choice("random", "what becomes of feedback weights", burstccn_deep.FEEDBACKS),
    "own_rate": Choice("membrane", "what a cell knows its own activity from", OWN_RATES),
    "burst_delay": Number(0 * ms, "from an event to the second spike of its burst, up to 30 ms", 0 * ms, 30 * ms),
    "event_delay": Number(0 * ms, "of the events that Q carries down, up to 30 ms", 0 * ms, 30 * ms),
}

EXPERIMENT = Classification(
    name=Classify.NAME,
    title=Classify.TITLE,
    citation=burstccn.CITATION,
    protocol=Classify,
    build=network,
    structure=STRUCTURE,
    figure="burstnet.protocols.classify:_figure",
    headline=("test.error", "last_validation.error", "epochs_to_criterion"),
)
