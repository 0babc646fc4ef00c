"""Layers of the rate networks of Boven et al. (2023): LSTM, ReLU network, linear read-out, Adam; backward passes by hand.

Arrays and nothing else: imports only numpy. Time comes first, then trials, then cells. The backward pass of the LSTM takes
all windows of a truncated sequence together, since what a window is seeded with is known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Adam", "Trace", "Weights", "lstm", "lstm_backward", "relu_network", "relu_network_backward"]


class Weights:
    """Named arrays that lie in one flat vector, so that an optimiser takes one step for all of them.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Copied, in their order.

    Attributes
    ----------
    flat : ndarray, shape (numbers,)
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.flat = np.concatenate([np.ravel(a) for a in arrays.values()])
        self._places: dict[str, tuple[slice, tuple[int, ...]]] = {}
        begin = 0
        for name, array in arrays.items():
            self._places[name] = slice(begin, begin + array.size), array.shape
            begin += array.size

    def __getitem__(self, name: str) -> np.ndarray:
        place, shape = self._places[name]
        return self.flat[place].reshape(shape)

    def names(self) -> tuple[str, ...]:
        """Of the arrays, in their order."""
        return tuple(self._places)

    def zeros(self) -> Weights:
        """Arrays of these names and shapes that are zero."""
        return Weights({name: np.zeros_like(self[name]) for name in self._places})

    def copy(self) -> Weights:
        """An independent copy."""
        return Weights({name: self[name] for name in self._places})


class Adam:
    """The optimiser of Kingma and Ba (2015), without weight decay.

    Parameters
    ----------
    size : int
        Numbers that it moves.
    dtype : dtype
    rate : float
    betas : tuple of float
        (0.9, 0.98), as the published code has it; the usual second one is 0.999.
    eps : float
    """

    def __init__(
        self,
        size: int,
        dtype: np.dtype | type = np.float32,
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.98),
        eps: float = 1e-9,
    ) -> None:
        self.rate, self.betas, self.eps, self.steps = rate, betas, eps, 0
        self._first, self._second = np.zeros(size, dtype), np.zeros(size, dtype)
        self._room = np.zeros(size, dtype)

    def step(self, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Move `weights` in place; `gradient` is left as it is."""
        self.steps += 1
        (one, two), room = self.betas, self._room
        self._first *= one
        np.multiply(gradient, 1 - one, out=room)
        self._first += room
        self._second *= two
        np.multiply(gradient, gradient, out=room)
        room *= 1 - two
        self._second += room
        np.sqrt(self._second, out=room)
        room *= 1 / np.sqrt(1 - two**self.steps)
        room += self.eps
        np.divide(self._first, room, out=room)
        room *= self.rate / (1 - one**self.steps)
        weights -= room


@dataclass(frozen=True)
class Trace:
    """What an LSTM did in a sequence.

    Attributes
    ----------
    h, c : ndarray, shape (steps + 1, trials, cells)
        Output and memory, from the state before the first step on.
    gates : ndarray, shape (steps, trials, 4 * cells)
        Input gate, forget gate, candidate and output gate, behind their nonlinearities.
    tanh_c : ndarray, shape (steps, trials, cells)
    """

    h: np.ndarray
    c: np.ndarray
    gates: np.ndarray
    tanh_c: np.ndarray

    @property
    def states(self) -> np.ndarray:
        """Output and memory side by side: shape (steps + 1, trials, 2 * cells)."""
        return np.concatenate((self.h, self.c), axis=2)


def lstm(x: np.ndarray, weights: Weights) -> Trace:
    """Run an LSTM from a silent state.

    Parameters
    ----------
    x : ndarray, shape (steps, trials, inputs)
    weights : Weights
        ``W_ih`` (inputs, 4 * cells), ``W_hh`` (cells, 4 * cells), ``b_ih`` and ``b_hh`` (4 * cells,); in the order of
        `Trace.gates`.

    References
    ----------
    Hochreiter and Schmidhuber (1997), with forget gates and without peepholes.
    """
    steps, trials, _ = x.shape
    W_hh = weights["W_hh"]
    cells = W_hh.shape[0]
    h = np.zeros((steps + 1, trials, cells), x.dtype)
    c, gates, tanh_c = h.copy(), np.empty((steps, trials, 4 * cells), x.dtype), np.empty_like(h[1:])
    driven = x @ weights["W_ih"] + (weights["b_ih"] + weights["b_hh"])
    candidate = slice(2 * cells, 3 * cells)
    for t in range(steps):
        pre = driven[t] + h[t] @ W_hh
        found = gates[t]
        # a logistic function is a tanh of half the argument, and numpy has that one vectorised
        np.tanh(0.5 * pre, out=found)
        found += 1
        found *= 0.5
        np.tanh(pre[:, candidate], out=found[:, candidate])
        i, f, g, o = _quarters(found)
        c[t + 1] = f * c[t] + i * g
        np.tanh(c[t + 1], out=tanh_c[t])
        h[t + 1] = o * tanh_c[t]
    return Trace(h, c, gates, tanh_c)


def lstm_backward(
    trace: Trace, errors: np.ndarray, weights: Weights, horizon: int, seeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Errors go back through each window of `horizon` steps, and no further.

    Parameters
    ----------
    trace : Trace
    errors : ndarray, shape (steps, trials, cells)
        Gradient of the loss with respect to the output of each step, from that step alone.
    weights : Weights
    horizon : int
        Steps of a window; the last may be shorter.
    seeds : ndarray, shape (windows, trials, 2 * cells)
        Gradient with respect to the last state of each window that comes from beyond it.

    Returns
    -------
    at_gates : ndarray, shape (steps, trials, 4 * cells)
        Gradient with respect to what the gates receive.
    at_states : ndarray, shape (steps, trials, 2 * cells)
        Gradient with respect to the state before each step; that of the states before the windows is ``[::horizon]``.
    """
    cells = errors.shape[2]
    W_back = weights["W_hh"].T
    dh, dc = seeds[:, :, :cells].copy(), seeds[:, :, cells:].copy()
    at_gates = np.empty_like(trace.gates)
    at_states = np.empty_like(trace.c, shape=(*errors.shape[:2], 2 * cells))
    for s in reversed(range(min(horizon, len(errors)))):
        # this step of every window that has it
        i, f, g, o = _quarters(trace.gates[s::horizon])
        tanh_c, before = trace.tanh_c[s::horizon], trace.c[s:-1:horizon]
        n = len(i)
        at_h = dh[:n] + errors[s::horizon]
        at_c = dc[:n] + at_h * o * (1 - tanh_c * tanh_c)
        found = at_gates[s::horizon]
        found[:, :, :cells] = at_c * g * i * (1 - i)
        found[:, :, cells : 2 * cells] = at_c * before * f * (1 - f)
        found[:, :, 2 * cells : 3 * cells] = at_c * i * (1 - g * g)
        found[:, :, 3 * cells :] = at_h * tanh_c * o * (1 - o)
        dh[:n] = at_states[s::horizon, :, :cells] = found @ W_back
        dc[:n] = at_states[s::horizon, :, cells:] = at_c * f
    return at_gates, at_states


def _quarters(gates: np.ndarray) -> list[np.ndarray]:
    """The four gates, as views; `numpy.split` takes as long as a step."""
    cells = gates.shape[-1] // 4
    return [gates[..., k * cells : (k + 1) * cells] for k in range(4)]


def relu_network(x: np.ndarray, weights: Weights, layers: tuple[str, ...]) -> list[np.ndarray]:
    """Activities of a feed-forward network, its input first and its linear output last.

    Parameters
    ----------
    x : ndarray, shape (samples, inputs)
    weights : Weights
        ``W_NAME`` (inputs, outputs) and ``b_NAME`` for each layer.
    layers : tuple of str
        Their names, in order; the last is linear.
    """
    activities = [x]
    for name in layers:
        y = activities[-1] @ weights[f"W_{name}"]
        y += weights[f"b_{name}"]
        if name != layers[-1]:
            np.maximum(y, 0, out=y)
        activities.append(y)
    return activities


def relu_network_backward(
    activities: list[np.ndarray], error: np.ndarray, weights: Weights, layers: tuple[str, ...], gradient: Weights
) -> None:
    """Write the gradient of the weights for an error at the output, shape (samples, outputs), into `gradient`."""
    for k in reversed(range(len(layers))):
        name = layers[k]
        np.matmul(activities[k].T, error, out=gradient[f"W_{name}"])
        np.sum(error, axis=0, out=gradient[f"b_{name}"])
        if k:
            error = error @ weights[f"W_{name}"].T
            error *= activities[k] > 0
