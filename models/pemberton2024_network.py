"""Pemberton et al. 2024, in rates: a cortical network, the cerebellum that drives it, and how both learn.

Arrays and nothing else: imports its tasks, errors and numpy. Time comes first, then trials, then cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from burstnet.errors import unknown_name
from burstnet.models.pemberton2024_tasks import Task, Trials

__all__ = [
    "FEEDBACKS",
    "PLASTICITIES",
    "Activity",
    "Best",
    "Learner",
    "Network",
    "gradients",
    "new_network",
    "run_trials",
    "score",
    "softmax",
]

#: What returns to the cortex, or reads it.
FEEDBACKS = ("none", "readout", "cerebellum", "cerebellar-readout")
#: Which cortical weights learn: none, those of its inputs and of the feedback, those and the recurrent ones.
PLASTICITIES = ("fixed", "input", "full")
#: Of arithmetic: twice as fast as in double precision, and no score differs.
FLOAT = np.float32
Weights = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Network:
    """A network for one task.

    Attributes
    ----------
    weights : dict of str to ndarray
        ``input`` (cortex, inputs), ``recurrent`` (cortex, cortex), ``feedback`` (cortex, what returns), ``readout``
        (outputs, cortex), ``mossy`` (granule cells, cortex), ``parallel`` (cerebellar outputs, granule cells).
    feedback : str
        One of `FEEDBACKS`.
    alpha : float
        What is left of a cortical potential after a step.
    lags : tuple of int
        Steps by which the outcome follows the cerebellar output that it teaches; each lag has outputs of its own.
    classes : bool
        Whether outputs go through a softmax.
    """

    weights: Weights
    feedback: str
    alpha: float
    lags: tuple[int, ...]
    classes: bool


def new_network(
    task: Task,
    rng: np.random.Generator,
    *,
    cortex: int = 50,
    granule: int = 500,
    feedback: str = "cerebellum",
    alpha: float = 0.1,
    lags: Sequence[int] = (3,),
) -> Network:
    """A network before learning: every weight uniform within one over the root of its number of inputs.

    Parameters
    ----------
    task : Task
    rng : Generator
    cortex, granule : int
        Cells; published 50 and 1000.
    feedback : str
        One of `FEEDBACKS`.
    alpha : float
        What is left of a cortical potential after a step.
    lags : sequence of int
        See `Network`.

    Raises
    ------
    ArgumentError
        If there is no such feedback.
    """
    if feedback not in FEEDBACKS:
        raise unknown_name("feedback", feedback, FEEDBACKS)
    outputs = task.outputs
    returned = {"readout": outputs, "cerebellum": outputs * len(lags)}.get(feedback, 0)

    def uniform(rows: int, columns: int, width: int) -> np.ndarray:
        return rng.uniform(-1, 1, (rows, columns)).astype(FLOAT) / FLOAT(np.sqrt(width))

    weights = {
        "input": uniform(cortex, task.inputs, cortex),
        "recurrent": uniform(cortex, cortex, cortex),
        "readout": uniform(outputs, cortex, cortex),
        "feedback": uniform(cortex, returned, cortex),
        "mossy": uniform(granule, cortex, cortex),
        "parallel": uniform(outputs * len(lags), granule, granule),
    }
    return Network(weights, feedback, alpha, tuple(lags), task.classes)


@dataclass(frozen=True, eq=False)
class Activity:
    """What a batch of trials did.

    Attributes
    ----------
    before, rates : ndarray, shape (steps, trials, cortex)
        Cortical rates at the beginning and at the end of every step.
    granule : ndarray, shape (steps, trials, granule cells)
    cerebellum : ndarray, shape (steps, trials, cerebellar outputs)
        Cerebellar output as it is learned, before softmax and lesions.
    returned : ndarray, shape (steps, trials, what returns)
        What reaches the cortex of it, or of the read-out.
    output : ndarray, shape (steps, trials, outputs)
    """

    before: np.ndarray
    rates: np.ndarray
    granule: np.ndarray
    cerebellum: np.ndarray
    returned: np.ndarray
    output: np.ndarray


def run_trials(
    network: Network, inputs: np.ndarray, *, gain: np.ndarray | float = 1.0, cells: np.ndarray | None = None
) -> Activity:
    """The network's activity in trials.

    Parameters
    ----------
    network : Network
    inputs : ndarray, shape (steps, trials, inputs)
    gain : float or ndarray, broadcast to (steps, cerebellar outputs)
        Factor of what leaves the cerebellum in every step; 0 is without it.
    cells : ndarray, shape (cortex,), optional
        Factor of every cortical rate; 0 silences a cell.

    References
    ----------
    Pemberton et al. (2024), Table 1.
    """
    w, classes, loop = network.weights, network.classes, network.feedback
    steps, trials = inputs.shape[:2]
    gains = np.broadcast_to(np.asarray(gain, dtype=FLOAT), (steps, len(w["parallel"])))
    reads = loop == "cerebellar-readout"
    drive = inputs.astype(FLOAT) @ w["input"].T
    cortex, granule = len(w["recurrent"]), len(w["mossy"])
    outputs = w["parallel"].shape[0] if reads else w["readout"].shape[0]
    rates = np.zeros((steps + 1, trials, cortex), FLOAT)
    granules = np.zeros((steps, trials, granule if loop.startswith("cerebell") else 0), FLOAT)
    cerebellum = np.zeros((steps, trials, w["parallel"].shape[0] if granules.shape[2] else 0), FLOAT)
    returned = np.zeros((steps, trials, w["feedback"].shape[1]), FLOAT)
    output = np.zeros((steps, trials, outputs), FLOAT)
    potential = np.zeros((trials, cortex), FLOAT)
    for t in range(steps):
        potential = FLOAT(network.alpha) * potential + rates[t] @ w["recurrent"].T + drive[t]
        if loop == "cerebellum":
            np.maximum(rates[t] @ w["mossy"].T, 0, out=granules[t])
            cerebellum[t] = granules[t] @ w["parallel"].T
            returned[t] = gains[t] * (by_lag(cerebellum[t], network) if classes else cerebellum[t])
        elif loop == "readout" and t:
            returned[t] = softmax(output[t - 1]) if classes else output[t - 1]
        if returned.shape[2]:
            potential += returned[t] @ w["feedback"].T
        np.tanh(potential, out=rates[t + 1])
        if cells is not None:
            rates[t + 1] *= cells.astype(FLOAT)
        if reads:
            np.maximum(rates[t + 1] @ w["mossy"].T, 0, out=granules[t])
            cerebellum[t] = granules[t] @ w["parallel"].T
            output[t] = gains[t] * cerebellum[t]
        else:
            output[t] = rates[t + 1] @ w["readout"].T
    return Activity(rates[:-1], rates[1:], granules, cerebellum, returned, output)


def softmax(values: np.ndarray) -> np.ndarray:
    """Shares that sum to one over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def by_lag(values: np.ndarray, network: Network) -> np.ndarray:
    """Softmax of the outputs of every lag by themselves."""
    shape = (*values.shape[:-1], len(network.lags), -1)
    return softmax(values.reshape(shape)).reshape(values.shape)


def gradients(
    network: Network,
    activity: Activity,
    trials: Trials,
    taught: np.ndarray,
    plasticity: str = "fixed",
    olive: np.ndarray | float = 1.0,
) -> Weights:
    """Direction in which each weight that learns makes its own error larger, for a batch.

    The read-out follows the error of its output; the cerebellum the error of the output that it made a lag earlier
    against the outcome that is there now; the cortex, where it is plastic, e-prop with the error of the read-out.

    Parameters
    ----------
    network : Network
    activity : Activity
    trials : Trials
    taught : ndarray of bool, shape (steps,)
        Steps whose outcome is there to learn from.
    plasticity : str
        One of `PLASTICITIES`.
    olive : float or ndarray, shape (cerebellar outputs,)
        Factor of the error that reaches each cerebellar output.

    Notes
    -----
    The cerebellum compares its output at step ``t - lag`` with the outcome at step ``t``: eligibility is a delta at the
    lag. What the cerebellum does to later steps through the cortex is followed by no gradient.

    References
    ----------
    Pemberton et al. (2024), Methods; e-prop after Bellec et al. (2020), with the error of the step alone.
    """
    w = network.weights
    now = taught[:, None, None] / FLOAT(taught.sum() * trials.inputs.shape[1])
    targets = trials.targets.astype(FLOAT)
    found: Weights = {}
    if network.feedback != "cerebellar-readout":
        output = softmax(activity.output) if network.classes else activity.output
        error = ((output - targets) * now).astype(FLOAT)
        found["readout"] = _outer(error, activity.rates)
        if plasticity != "fixed":
            found |= _eprop(network, activity, trials, error, plasticity == "full")
    if activity.granule.shape[2]:
        error = np.zeros_like(activity.cerebellum)
        made = by_lag(activity.cerebellum, network) if network.classes else activity.cerebellum
        n = targets.shape[2]
        for k, lag in enumerate(network.lags if network.feedback == "cerebellum" else (0,)):
            part, last = slice(k * n, (k + 1) * n), len(targets) - lag
            error[:last, :, part] = (made[:last, :, part] - targets[lag:]) * now[lag:]
        error *= np.asarray(olive, dtype=FLOAT)
        heard = activity.rates if network.feedback == "cerebellar-readout" else activity.before
        # outside of what is taught there is nothing to learn, which is most of a choice's trial
        said = np.flatnonzero(error.any(axis=(1, 2)))
        steps = slice(said[0], said[-1] + 1) if len(said) else slice(0, 0)
        error, granule = error[steps], activity.granule[steps]
        found["parallel"] = _outer(error, granule)
        found["mossy"] = _outer((error @ w["parallel"]) * (granule > 0), heard[steps])
    return found


def _outer(error: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Sum over steps and trials of error times what was sent, shape (receivers, senders)."""
    return np.asarray(error.reshape(-1, error.shape[2]).T @ sent.reshape(-1, sent.shape[2]))


def _eprop(network: Network, activity: Activity, trials: Trials, error: np.ndarray, recurrent: bool) -> Weights:
    """e-prop: the error that the read-out hands back in this step, times slope, times a trace of what was sent."""
    signal = (error @ network.weights["readout"]) * (1 - activity.rates**2)
    sent = {"input": trials.inputs.astype(FLOAT)}
    if activity.returned.shape[2]:
        sent["feedback"] = activity.returned
    if recurrent:
        sent["recurrent"] = activity.before
    found = {}
    for name, values in sent.items():
        trace = values.copy()
        for t in range(1, len(trace)):
            trace[t] += FLOAT(network.alpha) * trace[t - 1]
        found[name] = _outer(signal, trace)
    return found


@dataclass(eq=False)
class Learner:
    """Trains a network in place by Adam, a step a batch.

    Attributes
    ----------
    rates : mapping of str to float
        Learning rate of every weight; 0 or absent where it is fixed.
    plasticity : str
        One of `PLASTICITIES`.
    """

    rates: Mapping[str, float]
    plasticity: str = "fixed"
    steps: dict[str, int] = field(default_factory=dict)
    first: Weights = field(default_factory=dict)
    second: Weights = field(default_factory=dict)

    #: Of the published code.
    BETAS = (0.9, 0.98)
    EPSILON = 1e-9

    def session(
        self,
        network: Network,
        task: Task,
        rng: np.random.Generator,
        *,
        trials: int = 1000,
        batch: int = 10,
        gain: np.ndarray | float = 1.0,
        cells: np.ndarray | None = None,
        olive: np.ndarray | float = 1.0,
        frozen: Sequence[str] = (),
    ) -> None:
        """Train for one session.

        Parameters
        ----------
        network : Network
            Its weights change in place.
        task : Task
        rng : Generator
            Of the trials.
        trials, batch : int
            Trials in the session, and trials a step of learning.
        gain, cells
            See `run_trials`.
        olive : float or ndarray, shape (cerebellar outputs,)
            Factor of what each cerebellar output learns; at 0 its weights stay, whatever the optimiser remembers.
        frozen : sequence of str
            Weights that do not learn in this session.
        """
        factors = {"parallel": np.atleast_1d(np.asarray(olive, dtype=FLOAT))[:, None], "mossy": np.mean(olive)}
        factors |= dict.fromkeys(frozen, 0.0)
        for _ in range(trials // batch):
            shown = task.draw(rng, batch)
            activity = run_trials(network, shown.inputs, gain=gain, cells=cells)
            slopes = gradients(network, activity, shown, task.taught, self.plasticity, olive)
            for name, slope in slopes.items():
                factor = self.rates.get(name, 0.0) * np.asarray(factors.get(name, 1.0))
                if factor.any():
                    network.weights[name] -= factor.astype(FLOAT) * self._step(name, slope)

    def _step(self, name: str, slope: np.ndarray) -> np.ndarray:
        """Adam's step for a rate of one."""
        if name not in self.first:
            self.steps[name], self.first[name], self.second[name] = 0, np.zeros_like(slope), np.zeros_like(slope)
        (one, two), first, second = self.BETAS, self.first[name], self.second[name]
        self.steps[name] += 1
        first += FLOAT(1 - one) * (slope - first)
        second += FLOAT(1 - two) * (slope * slope - second)
        begun = np.sqrt(1 - two ** self.steps[name])
        step = first / (np.sqrt(second) + FLOAT(self.EPSILON * begun))
        step *= FLOAT(begun / (1 - one ** self.steps[name]))
        return step


def score(activity: Activity, trials: Trials, task: Task) -> float:
    """Mean squared error of a trajectory, or part of the choices that are right, over the steps that are scored."""
    output, targets = activity.output[task.scored], trials.targets[task.scored]
    if task.classes:
        return float(np.mean(output.argmax(axis=2) == targets.argmax(axis=2)))
    return float(np.mean((output - targets) ** 2))


@dataclass(eq=False)
class Best:
    """The weights of the session with the smallest error: choices are learned with relapses."""

    error: float = float("inf")
    weights: Weights = field(default_factory=dict)

    def look(self, network: Network, error: float) -> None:
        """Keep the weights if this session is better than all before."""
        if error < self.error:
            self.error, self.weights = error, {name: w.copy() for name, w in network.weights.items()}

    def of(self, network: Network) -> Network:
        """The network with these weights."""
        return replace(network, weights=self.weights) if self.weights else network
