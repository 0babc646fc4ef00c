"""feedback-horizon: a cortex learns to draw from errors that it sends back only so far; a cerebellum predicts the rest.

The horizon runs from one step to all of the trial. A session is so many batches of training and a test without teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.feedback_horizon import feedback_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models.boven2023 import CITATION, CLIPPINGS, ENDS, Boven2023
from burstnet.models.boven2023_tasks import TASKS
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "FeedbackHorizon"]

_SOURCE = "Boven et al. 2023, published code"


@dataclass(frozen=True, kw_only=True)
class FeedbackHorizon(ParameterSet):
    """Learning to draw with a short horizon and sparse feedback.

    References
    ----------
    Boven et al. (2023), Fig. 2 (line drawing) and Fig. 3 (digits); published code.
    """

    sessions: Quantity = parameter(100, "sessions (epochs) of training", _SOURCE)
    batches: Quantity = parameter(16, "batches of a session, each one step of the optimiser", _SOURCE)
    batch: Quantity = parameter(50, "trials of a batch", _SOURCE)
    horizon: Quantity = parameter(
        1, "steps through which the cortex sends errors back; at most all of a trial", _SOURCE
    )
    feedback_interval: Quantity = parameter(2, "the teacher speaks in every so many steps, from the first on", _SOURCE)
    input_noise: Quantity = parameter(
        0.0, "of the input after the first step, standard deviation, in training", _SOURCE
    )
    test_noise: Quantity = parameter(0.1, "the same in tests of dysmetria", "own choice")
    criterion: Quantity = parameter(3.0, "error that counts as learned: a tenth of a silent pen's", "own choice")

    NAME = "feedback-horizon"
    TITLE = "Learning to draw from feedback that a cerebellum predicts"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("sessions", "batches", "batch", "horizon", "feedback_interval"):
            value = float(getattr(self, name))
            if value < 1 or value % 1:
                raise ArgumentError(f"{name}={value:g} is not allowed; give a whole number, at least 1.")
        for name in ("input_noise", "test_noise", "criterion"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")

    def timeline(self) -> Timeline:
        """One phase, in which a session is a second."""
        return Timeline([Phase("training", float(self.sessions) * second)])

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """See `burstnet.analysis.feedback_horizon.feedback_metrics`."""
        return feedback_metrics(result, criterion=float(self.criterion))


def _figure(result: Result) -> Any:
    from burstnet.plots.feedback_horizon import feedback_figure

    return feedback_figure(result)


def _build(structure: Mapping[str, Any]) -> Boven2023:
    """The network of these structural settings."""
    return Boven2023(**structure)


_STRUCTURE: dict[str, Whole | Number | Choice] = {
    "task": Choice("line-drawing", "what is drawn, and from what", tuple(TASKS)),
    "cortex": Whole(50, "LSTM cells"),
    "granule": Whole(400, "granule cells of a layer"),
    "layers": Whole(1, "layers of granule cells"),
    "end": Choice("silent", "whether predicted feedback also comes in after the last step of a trial", ENDS),
    "clipping": Choice("apart", "whether gradients of cortex and cerebellum are clipped as one", CLIPPINGS),
}

EXPERIMENT = Experiment(
    name=FeedbackHorizon.NAME,
    title=FeedbackHorizon.TITLE,
    citation=CITATION,
    protocol=FeedbackHorizon,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.protocols.feedback_horizon:_figure",
    headline=(
        "final_error",
        "mean_error",
        "sessions_to_criterion",
        "final_deviation",
        "final_roughness",
        "cosine_bootstrapped",
        "cosine_true",
    ),
    curves=("error",),
)
