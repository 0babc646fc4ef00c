"""Cortex and cerebellum of Boven et al. (2023): truncated learning, and feedback predicted for what lies beyond. Imports layers, tasks.

The cortex is an LSTM with a linear read-out. The cerebellum sees its state and says what gradient will come back there.
Nothing here knows of sessions, lesions or results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .boven2023_layers import Adam, Trace, Weights, lstm, lstm_backward, relu_network, relu_network_backward
from .boven2023_tasks import Trials

__all__ = ["Feedback", "Gradients", "Network", "Rule"]

#: As computed; twice the speed of float64, and the learning curves are the same to the eye.
DTYPE = np.float32
#: Keeps the clipping of no gradient at all defined, as in the published code.
_LEAST_NORM = 1e-6


@dataclass(frozen=True)
class Rule:
    """How the network learns.

    Attributes
    ----------
    horizon : int
        Steps through which the cortex sends errors back by itself.
    feedback_interval : int
        The teacher tells the error in every so many steps, from the first on.
    synthetic_gain : float
        By which predicted feedback is multiplied.
    clip : float
        Largest norm of the gradient.
    after_the_end : bool
        Whether predicted feedback also comes in after the last step of a trial.
    apart : bool
        Whether the gradients of cortex and cerebellum are clipped each on its own.
    """

    horizon: int
    feedback_interval: int
    synthetic_gain: float
    clip: float
    after_the_end: bool
    apart: bool = False

    def starts(self, steps: int) -> np.ndarray:
        """The first step of every window."""
        return np.arange(0, steps, self.horizon)

    def weight(self, steps: int) -> np.ndarray:
        """By what the error of each step is multiplied: 0 without feedback, else 1 over the window's steps with it; shape (steps,)."""
        told = np.arange(steps) % self.feedback_interval == 0
        window = np.arange(steps) // self.horizon
        share = np.bincount(window, told)[window]
        return told / np.maximum(share, 1)


@dataclass(frozen=True)
class Feedback:
    """What the cerebellum says and hears about a batch; with respect to the state before each window, shape (windows, trials, 2 * cells).

    Attributes
    ----------
    predicted : ndarray
        What the cerebellum says.
    bootstrapped : ndarray
        What the olive compares it with: the errors of the window, and from beyond it what the cerebellum says there.
    true : ndarray
        Back-propagation through all of the trial.
    """

    predicted: np.ndarray
    bootstrapped: np.ndarray
    true: np.ndarray


@dataclass(frozen=True)
class Gradients:
    """What one batch asks for: of the cortex, and of the cerebellum, None where it has no say."""

    cortex: Weights
    cerebellum: Weights | None


class Network:
    """Cortex, read-out and cerebellum with their weights and optimisers.

    Parameters
    ----------
    inputs, cortex, granule, layers : int
        Input lines, LSTM cells, granule cells of a layer, and how many such layers.
    cortex_random, cerebellum_random : numpy.random.Generator
        Of the initial weights: uniform up to one over the square root of the cortex's size, and of the layer's inputs.
        The output of the cerebellum begins at zero.
    learning_rate, cerebellum_rate : float
        Of the two optimisers: of cortex and read-out, and of the cerebellum.
    dtype : dtype
    """

    def __init__(
        self,
        inputs: int,
        cortex: int,
        granule: int,
        layers: int,
        cortex_random: np.random.Generator,
        cerebellum_random: np.random.Generator,
        learning_rate: float,
        cerebellum_rate: float,
        dtype: type = DTYPE,
    ) -> None:
        def uniform(random: np.random.Generator, fan_in: int, *shape: int) -> np.ndarray:
            return (random.uniform(-1, 1, shape) / np.sqrt(fan_in)).astype(dtype)

        gates = 4 * cortex
        shapes = {"W_ih": (inputs, gates), "W_hh": (cortex, gates), "b_ih": (gates,), "b_hh": (gates,)}
        shapes |= {"W_out": (cortex, 2), "b_out": (2,)}
        self.cortex = Weights({name: uniform(cortex_random, cortex, *shape) for name, shape in shapes.items()})
        sizes = [2 * cortex, *[granule] * layers, 2 * cortex]
        #: Layers of the cerebellum, from the mossy fibres to the Purkinje cells.
        self.layers = ("MF", *(f"GC{k}" for k in range(1, layers)), "PF")[: layers + 1]
        arrays: dict[str, np.ndarray] = {}
        for name, fan_in, fan_out in zip(self.layers, sizes[:-1], sizes[1:], strict=True):
            arrays[f"W_{name}"] = uniform(cerebellum_random, fan_in, fan_in, fan_out)
            arrays[f"b_{name}"] = uniform(cerebellum_random, fan_in, fan_out)
        arrays["W_PF"][:] = 0
        arrays["b_PF"][:] = 0
        self.cerebellum = Weights(arrays)
        self.dtype = dtype
        self._optimisers = [
            Adam(w.flat.size, dtype, rate)
            for w, rate in ((self.cortex, learning_rate), (self.cerebellum, cerebellum_rate))
        ]
        self._gradients = self.cortex.zeros(), self.cerebellum.zeros()

    def draw(self, trials: Trials) -> tuple[Trace, np.ndarray]:
        """What the cortex does, and where the pen is: shape (steps, trials, 2)."""
        trace = lstm(trials.x.astype(self.dtype), self.cortex)
        return trace, trace.h[1:] @ self.cortex["W_out"] + self.cortex["b_out"]

    def learn(self, trials: Trials, rule: Rule, drive: np.ndarray, teach: np.ndarray) -> None:
        """One step of both optimisers for a batch.

        Parameters
        ----------
        trials : Trials
        rule : Rule
        drive : ndarray, shape (2 * cells,)
            What is left of the cerebellum's output; all 0: there is no cerebellum, and it does not learn either.
        teach : ndarray, shape (2 * cells,)
            What is left of the learning from the olive.
        """
        found = self.gradients(trials, rule, drive, teach)
        both = [found.cortex.flat] + ([found.cerebellum.flat] if found.cerebellum else [])
        norms = [float(np.sqrt(g @ g)) for g in both]
        for gradient, own in zip(both, norms, strict=True):
            norm = own if rule.apart else float(np.linalg.norm(norms))
            gradient *= min(1.0, rule.clip / (norm + _LEAST_NORM))
        self._optimisers[0].step(self.cortex.flat, found.cortex.flat)
        if found.cerebellum:
            ends = [self.cerebellum[name] for name in ("W_PF", "b_PF")]
            before = [end.copy() for end in ends]
            self._optimisers[1].step(self.cerebellum.flat, found.cerebellum.flat)
            if (teach < 1).any():
                # an optimiser with momentum also moves what gets no gradient
                for end, old in zip(ends, before, strict=True):
                    end[...] = old + teach.astype(self.dtype) * (end - old)

    def gradients(self, trials: Trials, rule: Rule, drive: np.ndarray, teach: np.ndarray) -> Gradients:
        """What a batch asks for, see `learn`; the arrays are used again for the next batch.

        The gradient of the cerebellum is that of the summed squared error of its predictions, as in the published code.
        """
        trace, drawn = self.draw(trials)
        errors = self._errors(drawn, trials, rule)
        predicted, activities = self._predict(trace, rule) if drive.any() else (None, [])
        seeds = self._seeds(predicted, trace, rule, drive)
        at_gates, at_states = lstm_backward(trace, errors @ self.cortex["W_out"].T, self.cortex, rule.horizon, seeds)
        copies: np.ndarray = trials.copies.astype(self.dtype)[:, None]
        cortex, cerebellum = self._gradients
        at_gates, errors = _flat(at_gates * copies), _flat(errors * copies)
        np.matmul(_flat(trials.x.astype(self.dtype)).T, at_gates, out=cortex["W_ih"])
        np.matmul(_flat(trace.h[:-1]).T, at_gates, out=cortex["W_hh"])
        np.matmul(_flat(trace.h[1:]).T, errors, out=cortex["W_out"])
        cortex["b_ih"][:] = cortex["b_hh"][:] = at_gates.sum(axis=0)
        cortex["b_out"][:] = errors.sum(axis=0)
        if predicted is None or not teach.any():
            return Gradients(cortex, None)
        wrong = 2 * (predicted[:-1] - at_states[:: rule.horizon]) * copies * teach.astype(self.dtype)
        wrong = _flat(wrong)
        # what was said of the end of the trial is never compared with anything
        compared = [layer[: len(wrong)] for layer in activities]
        relu_network_backward(compared, wrong, self.cerebellum, self.layers, cerebellum)
        return Gradients(cortex, cerebellum)

    def feedback(self, trials: Trials, rule: Rule, drive: np.ndarray) -> Feedback:
        """Predicted, bootstrapped and true feedback of a batch; nothing is learned."""
        trace, drawn = self.draw(trials)
        errors = self._errors(drawn, trials, rule) @ self.cortex["W_out"].T
        predicted, _ = self._predict(trace, rule)
        seeds = self._seeds(predicted, trace, rule, drive)
        _, truncated = lstm_backward(trace, errors, self.cortex, rule.horizon, seeds)
        _, true = lstm_backward(trace, errors, self.cortex, len(errors), np.zeros_like(seeds[:1]))
        return Feedback(predicted[:-1], truncated[:: rule.horizon], true[:: rule.horizon])

    def _errors(self, drawn: np.ndarray, trials: Trials, rule: Rule) -> np.ndarray:
        """Gradient of the loss with respect to the pen in one trial: of the mean over trials, coordinates and told steps of a window."""
        weight = rule.weight(len(drawn)) / trials.copies.sum()
        return (weight[:, None, None] * (drawn - trials.y)).astype(self.dtype)

    def _predict(self, trace: Trace, rule: Rule) -> tuple[np.ndarray, list[np.ndarray]]:
        """What the cerebellum says before each window and after the last: shape (windows + 1, trials, 2 * cells); with its activities."""
        states = trace.states
        seen = np.concatenate((states[:-1][:: rule.horizon], states[-1:]))
        activities = relu_network(_flat(seen), self.cerebellum, self.layers)
        return activities[-1].reshape(seen.shape), activities

    def _seeds(self, predicted: np.ndarray | None, trace: Trace, rule: Rule, drive: np.ndarray) -> np.ndarray:
        """What comes into each window from beyond it: shape (windows, trials, 2 * cells)."""
        _, trials, cells = trace.h.shape
        if predicted is None:
            return np.zeros((len(rule.starts(len(trace.gates))), trials, 2 * cells), self.dtype)
        seeds: np.ndarray = np.asarray(rule.synthetic_gain * drive * predicted[1:], dtype=self.dtype)
        if not rule.after_the_end:
            seeds[-1] = 0
        return seeds


def _flat(array: np.ndarray) -> np.ndarray:
    """Steps and trials on one axis."""
    return np.ascontiguousarray(array).reshape(-1, array.shape[-1])
