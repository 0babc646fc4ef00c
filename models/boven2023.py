"""The cerebro-cerebellar network of Boven et al. (2023): a cerebellum predicts the feedback that a cortex learns from. Runs in numpy.

Populations, parameters and lesions of the network in `boven2023_network`, trained session by session. Imports rate_model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.alignment import cosine
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError, unknown_name
from burstnet.rate_model import RateModel, RateRun, Recorded

from .boven2023_network import Network, Rule
from .boven2023_tasks import TASKS, Task, Trials, make_task

__all__ = ["CITATION", "CLIPPINGS", "ENDS", "Boven2023", "BovenParameters"]

CITATION = (
    "Boven E, Pemberton J, Chadderton P, Apps R, Costa RP (2023). Cerebro-cerebellar networks facilitate learning through "
    "feedback decoupling. Nature Communications 14:51. doi:10.1038/s41467-022-35658-8"
)
_SOURCE = "Boven et al. 2023, published code"
#: What comes into the last window of a trial from beyond it.
ENDS = ("silent", "published")
#: Whether one norm is clipped, of all gradients, or that of the cortex and that of the cerebellum.
CLIPPINGS = ("apart", "together")
#: Trials on which dysmetria is measured, and those on which feedback is compared.
_TESTED, _COMPARED = 200, 100
#: CPU seconds of a batch of 50: with one step per window, per granule cell of every layer, and the rest.
_GRANULE_S, _CORTEX_S = 4e-6, 1.6e-3


@dataclass(frozen=True)
class BovenParameters(ParameterSet):
    """What ``--set`` may change of the network's learning.

    References
    ----------
    Boven et al. (2023), published code, ``scripts/linedraw/train-model.py`` and ``dni.py``.
    """

    learning_rate: Quantity = parameter(
        1e-3, "of the cortex's Adam; 1e-4 for digits as published", _SOURCE, positive=True
    )
    cerebellum_rate: Quantity = parameter(
        3e-5, "of the cerebellum's Adam; published: that of the cortex", "own choice", positive=True
    )
    synthetic_gain: Quantity = parameter(0.1, "by which predicted feedback is multiplied", _SOURCE)
    clip: Quantity = parameter(1.0, "largest norm of the gradient", _SOURCE, positive=True)


@dataclass(frozen=True)
class Boven2023(RateModel):
    """An LSTM that draws, and a feed-forward cerebellum that tells it which feedback to expect.

    Parameters
    ----------
    task : str
        One of `burstnet.models.boven2023_tasks.TASKS`.
    cortex, granule, layers : int
        LSTM cells; granule cells of a layer, and the layers of them.
    end : str
        ``"silent"``: nothing comes in after the last step of a trial, behind which nothing follows. ``"published"``: what the
        cerebellum says of the last state does, though it is never compared with anything.
    clipping : str
        ``"apart"``: the gradients of cortex and cerebellum are clipped each on its own. ``"together"``, as published: where the
        cerebellum's is large, the cortex learns from less of its own.
    digits : str, optional
        File with images, see `burstnet.models.boven2023_tasks.digit_images`.
    parameters : BovenParameters

    Notes
    -----
    The olive holds an error for each of the cerebellum's outputs: what it says of the cortex's state, minus the gradient
    that comes back there. With the cerebellum's output at 0 there is no cerebellum, and it does not learn.

    Two defaults depart from the published code, whose settings are ``cerebellum_rate=1e-3``, ``clipping="together"`` and
    ``end="published"``. Feedback of one trial is of the order of a hundredth, and a step of Adam at 1e-3 moves the sum of 400
    granule cells by more than that: predictions are then mostly the optimiser's noise.

    Raises
    ------
    ArgumentError
        If a name or size is not allowed.

    References
    ----------
    Boven et al. (2023); Jaderberg et al. (2017) for synthetic gradients.
    """

    task: str = "line-drawing"
    cortex: int = 50
    granule: int = 400
    layers: int = 1
    end: str = "silent"
    clipping: str = "apart"
    digits: str | None = None
    parameters: ParameterSet = field(default_factory=BovenParameters)

    name = "boven2023"

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise unknown_name("task", self.task, TASKS)
        if self.end not in ENDS:
            raise unknown_name("end", self.end, ENDS)
        if self.clipping not in CLIPPINGS:
            raise unknown_name("clipping", self.clipping, CLIPPINGS)
        for size in ("cortex", "granule", "layers"):
            value = getattr(self, size)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ArgumentError(f"{size}={value!r} is not allowed; give a whole number, at least 1.")

    @property
    def populations(self) -> Mapping[str, int]:
        """Cortical cells, granule cells, and an output and an olivary cell for each number of the cortex's state."""
        cells = 2 * self.cortex
        return {"cortex": self.cortex, "granule": self.granule * self.layers, "cerebellum": cells, "olive": cells}

    @property
    def projections(self) -> Mapping[str, tuple[str, str]]:
        """What is connected."""
        return {
            "mossy": ("cortex", "granule"),
            "parallel": ("granule", "cerebellum"),
            "climbing": ("olive", "cerebellum"),
            "feedback": ("cerebellum", "cortex"),
        }

    @property
    def lesionable(self) -> Mapping[str, tuple[str, ...]]:
        """The cerebellum's output, and learning from the olive."""
        return {"cerebellum": ("silence", "scale"), "olive": ("freeze",)}

    def session_s(self, protocol: Any) -> float:
        """As measured with 50 trials of line drawing in a batch."""
        windows = 10 / float(protocol.horizon)
        return float(protocol.batches) * (_CORTEX_S + _GRANULE_S * windows / 10 * self.granule * self.layers)

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Train and test one seed."""
        task, protocol, settings = make_task(self.task, self.digits), run.protocol, run.parameters
        network = Network(
            task.inputs.shape[2], self.cortex, self.granule, self.layers,
            run.random("cortex"), run.random("cerebellum"), float(settings.learning_rate), float(settings.cerebellum_rate),
        )  # fmt: skip
        rule = Rule(
            horizon=min(round(float(protocol.horizon)), task.steps),
            feedback_interval=round(float(protocol.feedback_interval)),
            synthetic_gain=float(settings.synthetic_gain),
            clip=float(settings.clip),
            after_the_end=self.end == "published",
            apart=self.clipping == "apart",
        )
        noise, test_noise = float(protocol.input_noise), float(protocol.test_noise)
        batches, size = round(float(protocol.batches)), round(float(protocol.batch))
        tested = task.every()
        records = _Records(task, run.stop)
        records.untrained(network, tested)
        for session in run.sessions:
            trials = run.random("trials", session)
            drive, teach = run.factor("cerebellum", session), run.learning("olive", session)
            for _ in range(batches):
                network.learn(task.batch(trials, size, noise), rule, drive, teach)
            noisy = task.batch(run.random("test", session), _TESTED, test_noise, test=True)
            records.drawn(session, network, tested, noisy)
            if drive.any():
                records.heard(session, network, _some(task, tested), rule, drive)
        records.finished(network, tested)
        return records.recorded()


def _some(task: Task, tested: Trials) -> Trials:
    """Trials without noise on which feedback is compared: every item of a small test set, or some."""
    few = slice(0, _COMPARED)
    return Trials(tested.x[:, few], tested.y[:, few], tested.copies[few], tested.label[few])


class _Records:
    """Arrays of a run, filled session by session; nothing is learned here."""

    def __init__(self, task: Task, sessions: int) -> None:
        self._task = task
        nowhere = (sessions, task.steps)
        self.error = np.full(sessions, np.nan)
        self.untrained_error = np.nan
        self.deviation, self.roughness = self.error.copy(), self.error.copy()
        self.bootstrapped, self.true, self.miss = (np.full(nowhere, np.nan) for _ in range(3))
        self.drawing = np.full(task.targets.shape, np.nan)

    def untrained(self, network: Network, tested: Trials) -> None:
        _, drawn = network.draw(tested)
        self.untrained_error = _error(drawn, tested)

    def drawn(self, session: int, network: Network, tested: Trials, noisy: Trials) -> None:
        """How far the pen is off, and how roughly it moves, with the teacher off and weights as they are."""
        self.error[session] = _error(network.draw(tested)[1], tested)
        drawn = network.draw(noisy)[1].astype(float)
        copies = noisy.copies / noisy.copies.sum()
        steps = np.linalg.norm(np.diff(noisy.y, axis=0), axis=2)
        off = np.linalg.norm(drawn - noisy.y, axis=2).mean(axis=0)
        bent = np.linalg.norm(np.diff(drawn, n=2, axis=0), axis=2).mean(axis=0)
        self.deviation[session] = (off @ copies) / (steps.sum(axis=0) @ copies)
        self.roughness[session] = (bent @ copies) / (steps.mean(axis=0) @ copies)

    def heard(self, session: int, network: Network, trials: Trials, rule: Rule, drive: np.ndarray) -> None:
        """How well the cerebellum predicts."""
        found = network.feedback(trials, rule, drive)
        starts = rule.starts(self._task.steps)
        for kept, other in ((self.bootstrapped, found.bootstrapped), (self.true, found.true)):
            kept[session, starts] = cosine(found.predicted, other, axis=2).mean(axis=1)
        power = (found.bootstrapped.astype(float) ** 2).sum(axis=(1, 2))
        wrong = ((found.predicted.astype(float) - found.bootstrapped) ** 2).sum(axis=(1, 2))
        self.miss[session, starts] = wrong / np.where(power > 0, power, np.nan)

    def finished(self, network: Network, tested: Trials) -> None:
        _, drawn = network.draw(tested)
        for label in range(len(self.drawing)):
            self.drawing[label] = drawn[:, tested.label == label].mean(axis=1)

    def recorded(self) -> dict[str, Recorded]:
        by_step, line = ("session", "step"), ("label", "step", "axis")
        return {
            "error": Recorded(
                self.error, doc="squared distance of pen and target, mean over steps and test trials without noise"
            ),
            "untrained_error": Recorded(self.untrained_error, (), doc="the same before the first session"),
            "deviation": Recorded(
                self.deviation, doc="distance of pen and target with noisy input, over the length of the target's path"
            ),
            "roughness": Recorded(
                self.roughness, doc="change of the pen's velocity with noisy input, over the target's speed"
            ),
            "cosine_bootstrapped": Recorded(
                self.bootstrapped, by_step, doc="cosine of predicted feedback with what the olive compares it with"
            ),
            "cosine_true": Recorded(self.true, by_step, doc="cosine of predicted feedback with full back-propagation"),
            "prediction_error": Recorded(
                self.miss, by_step, doc="squared error of predicted feedback, over the power of what it is compared with"
            ),
            "drawing": Recorded(self.drawing, line, doc="the pen at the end of training, mean over test trials of a label"),
            "target": Recorded(self._task.targets, line, doc="where the pen should be"),
            "step": Recorded(np.arange(self._task.steps), ("step",)),
        }  # fmt: skip


def _error(drawn: np.ndarray, trials: Trials) -> float:
    """Squared distance summed over coordinates, mean over steps and trials."""
    return float(((drawn.astype(float) - trials.y) ** 2).sum(axis=2).mean(axis=0) @ trials.copies / trials.copies.sum())
