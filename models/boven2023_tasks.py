"""Drawing tasks of Boven et al. (2023): lines from a cue, lines and digits from the rows of an image. Imports datasets and errors.

A file of images is read without unpickling anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from burstnet.datasets import small_digits
from burstnet.errors import ResultError, unknown_name

__all__ = ["TASKS", "Task", "Trials", "digit_images", "make_task"]

#: Length of a line.
RADIUS = 10.0
#: Steps of line drawing.
STEPS = 10
#: A cue is its whole number times this.
CUE = 0.1
CUES = np.arange(-3, 4)
#: Every fifth image is for testing.
_TEST = 5
_PIXELS = 16.0
#: Corners of every digit's strokes in a square, x to the right and y up, drawn in this order.
_STROKES: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0, 1), (-1, 0), (0, -1), (1, 0), (0, 1)),
    ((-0.5, 0.5), (0, 1), (0, -1)),
    ((-1, 0.5), (0, 1), (1, 0.5), (-1, -1), (1, -1)),
    ((-1, 1), (1, 1), (0, 0), (1, -0.5), (-1, -1)),
    ((0, 1), (-1, -0.3), (1, -0.3), (0.4, 0.3), (0.4, -1)),
    ((1, 1), (-1, 1), (-1, 0), (1, -0.3), (-1, -1)),
    ((0.5, 1), (-1, -0.3), (0, -1), (1, -0.5), (-1, -0.2)),
    ((-1, 1), (1, 1), (0, -1)),
    ((0, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (0, 0)),
    ((1, 0.5), (-1, 0.7), (0, 0), (1, 1), (0.5, -1)),
)


@dataclass(frozen=True)
class Trials:
    """Trials that are computed side by side.

    Attributes
    ----------
    x : ndarray, shape (steps, trials, inputs)
    y : ndarray, shape (steps, trials, 2)
        Where the pen should be.
    copies : ndarray, shape (trials,)
        How many trials of the batch each stands for: without noise, all trials of one cue are the same.
    label : ndarray of int, shape (trials,)
        Cue or digit.
    """

    x: np.ndarray
    y: np.ndarray
    copies: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class Task:
    """A drawing task.

    Attributes
    ----------
    name : str
    inputs : ndarray, shape (items, steps, inputs)
        Every cue, or every image row by row.
    label : ndarray of int, shape (items,)
    targets : ndarray, shape (labels, steps, 2)
    training, testing : ndarray of int
        Items of either; the cues of line drawing are in both, images are not.
    """

    name: str
    inputs: np.ndarray
    label: np.ndarray
    targets: np.ndarray
    training: np.ndarray
    testing: np.ndarray

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        return int(self.inputs.shape[1])

    def batch(self, rng: np.random.Generator, n: int, noise: float = 0.0, test: bool = False) -> Trials:
        """`n` random trials, drawn with replacement.

        Parameters
        ----------
        rng : numpy.random.Generator
        n : int
        noise : float
            Standard deviation of what is added to every input after the first step. Without noise equal trials are
            computed once.
        test : bool
            Of the items for testing.
        """
        items = self.testing if test else self.training
        drawn = items[rng.integers(0, len(items), n)]
        added = rng.standard_normal((self.steps - 1, n, self.inputs.shape[2])) * noise if noise else None
        if added is None:
            drawn, copies = np.unique(drawn, return_counts=True)
        else:
            copies = np.ones(n, dtype=int)
        found = self._trials(drawn, copies)
        if added is not None:
            found.x[1:] += added
        return found

    def every(self) -> Trials:
        """Every item for testing, once and without noise."""
        return self._trials(self.testing, np.ones(len(self.testing), dtype=int))

    def _trials(self, items: np.ndarray, copies: np.ndarray) -> Trials:
        label = self.label[items]
        y = self.targets[label].transpose(1, 0, 2)
        return Trials(self.inputs[items].transpose(1, 0, 2).copy(), y, copies, label)


def make_task(name: str, digits: str | None = None) -> Task:
    """The task of that name.

    Parameters
    ----------
    name : str
        One of `TASKS`. ``line-drawing``: a number in the first step says which of six lines to draw, or to stay; ten steps.
        ``digit-lines``: an image comes in row by row, and its digit says which of ten lines to draw meanwhile.
        ``digit-drawing``: the digit itself is to be drawn.
    digits : str, optional
        File with images, see `digit_images`.

    References
    ----------
    Boven et al. (2023), Figs. 2 and 3; published code, ``dataset/linedraw.py`` and ``dataset/mnist.py``. The corners of
    the digits are our own.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name](digits)


def _line_drawing(digits: str | None) -> Task:
    inputs = np.zeros((len(CUES), STEPS, 1))
    inputs[:, 0, 0] = CUE * CUES
    # six directions, and nowhere for the cue in the middle
    turns = np.delete(np.arange(len(CUES)), CUES.tolist().index(0))
    ends = np.zeros((len(CUES), 2))
    ends[turns] = _around(len(turns))[::-1]
    every = np.arange(len(CUES))
    return Task("line-drawing", inputs, every, _lines(ends, STEPS), every, every)


def _digit_lines(digits: str | None) -> Task:
    images, label = digit_images(digits)
    return _of_images("digit-lines", images, label, _lines(_around(10), images.shape[1]))


def _digit_drawing(digits: str | None) -> Task:
    images, label = digit_images(digits)
    steps = images.shape[1]
    return _of_images("digit-drawing", images, label, np.stack([_stroke(corners, steps) for corners in _STROKES]))


def _of_images(name: str, images: np.ndarray, label: np.ndarray, targets: np.ndarray) -> Task:
    test = np.arange(len(images)) % _TEST == _TEST - 1
    return Task(name, images, label, targets, np.flatnonzero(~test), np.flatnonzero(test))


def _around(n: int) -> np.ndarray:
    """`n` points on a circle, from the top clockwise."""
    angles = 2 * np.pi * np.arange(n) / n
    return RADIUS * np.column_stack((np.sin(angles), np.cos(angles)))


def _lines(ends: np.ndarray, steps: int) -> np.ndarray:
    """From the origin to each end at constant speed: shape (ends, steps, 2)."""
    return ends[:, None] * np.linspace(0, 1, steps)[None, :, None]


def _stroke(corners: tuple[tuple[float, float], ...], steps: int) -> np.ndarray:
    """Along the corners at constant speed: shape (steps, 2)."""
    points = RADIUS * np.array(corners)
    along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))))
    at = np.linspace(0, along[-1], steps)
    return np.column_stack([np.interp(at, along, points[:, k]) for k in range(2)])


#: Every task by name.
TASKS: dict[str, Callable[[str | None], Task]] = {
    "line-drawing": _line_drawing,
    "digit-lines": _digit_lines,
    "digit-drawing": _digit_drawing,
}


@lru_cache(maxsize=2)
def digit_images(path: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Images of digits, from 0 to 1.

    Parameters
    ----------
    path : str, optional
        An ``.npz`` file with ``x`` (images, rows, columns) and ``y`` (images,), or with ``x_train`` and ``y_train`` as MNIST
        often has them. By default the 1797 images of 8 x 8 pixels that scikit-learn brings.

    Returns
    -------
    images : ndarray, shape (images, rows, columns)
    label : ndarray of int, shape (images,)

    Raises
    ------
    ArgumentError
        If scikit-learn is needed and not installed.
    ResultError
        If the file is not as it should be.
    """
    if path is None:
        images, label = small_digits()
        return (images / _PIXELS).astype(np.float32), label
    return _from_file(Path(path))


def _from_file(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as held:
            names = next((pair for pair in (("x", "y"), ("x_train", "y_train")) if set(pair) <= set(held)), None)
            if names is None:
                raise ResultError(f"{path} holds no digits; it needs the arrays x and y, or x_train and y_train.")
            x, y = held[names[0]], held[names[1]]
    except (OSError, ValueError, EOFError) as error:
        raise ResultError(f"{path} cannot be read as an .npz file of arrays: {error}.") from None
    numbers = x.ndim == 3 and y.ndim == 1 and len(x) == len(y) > 0 and x.dtype.kind in "uif" and y.dtype.kind in "ui"
    if not numbers or x.shape[1] < 2 or not (0 <= y.min() and y.max() <= 9 and np.isfinite(x).all() and x.max() > 0):
        raise ResultError(
            f"{path} holds x of shape {x.shape} and y of shape {y.shape}; images are (images, rows, columns), labels 0 to 9."
        )
    return (x / float(x.max())).astype(np.float32), y.astype(int)
