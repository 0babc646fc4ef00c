"""Areas of a convolutional network as one writes them, and the shapes that follow. Imports errors; needs no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from burstnet.datasets import CLASSES
from burstnet.errors import ArgumentError

__all__ = ["Convolution", "Shape", "Stage", "convolutions", "dense_areas", "stages"]

#: Images that are put through a network together when it is scored.
TOGETHER = 1000
#: (channels, height, width), or (cells,).
Shape = tuple[int, ...]
#: Channels x kernel, and a stride where it is not 1.
_AREA = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,2})(?:/([1-9]\d{0,2}))?")
_CELLS = re.compile(r"[1-9]\d{0,5}")


@dataclass(frozen=True)
class Convolution:
    """An area whose cells share weights, channel by channel; there is no padding."""

    channels: int
    kernel: int
    stride: int = 1


@dataclass(frozen=True)
class Stage:
    """A layer between two areas.

    Parameters
    ----------
    below, above : tuple of int
        Shapes of the areas: (channels, height, width), or (cells,).
    kernel, stride : int
        Of a convolution without padding; a kernel of 0 makes a dense layer.
    """

    below: Shape
    above: Shape
    kernel: int = 0
    stride: int = 1

    @property
    def shape(self) -> Shape:
        """Of the weights: (channels above, channels below, kernel, kernel), or (cells above, cells below)."""
        if self.kernel:
            return self.above[0], self.below[0], self.kernel, self.kernel
        return self.above[0], math.prod(self.below)


def convolutions(text: str) -> list[Convolution]:
    """Convolutional areas, lowest first.

    Parameters
    ----------
    text : str
        ``"64x5/2,128x5/2,256x3"``: 64 channels, each of which sees 5 x 5 places, every second one; or ``"none"``.

    Raises
    ------
    ArgumentError
        With what is allowed.
    """
    if text == "none":
        return []
    found = []
    for part in text.split(","):
        match = _AREA.fullmatch(part.strip())
        if match is None:
            raise ArgumentError(
                f"convolutions={text!r} is not allowed; give CHANNELSxKERNEL or CHANNELSxKERNEL/STRIDE for every area from the image up, such as 64x5/2,128x3, or none; at most 99999 channels and 999 places."
            )
        found.append(Convolution(int(match[1]), int(match[2]), int(match[3] or 1)))
    return found


def dense_areas(text: str) -> list[int]:
    """Cells of the hidden areas above convolutional ones: ``"500,100"``, or ``"none"``.

    Raises
    ------
    ArgumentError
        With what is allowed.
    """
    if text == "none":
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(_CELLS.fullmatch(part) for part in parts):
        raise ArgumentError(
            f"dense={text!r} is not allowed; give the cells of every area above convolutions, such as 1500 or 500,100, or none; at most 999999 each."
        )
    return [int(part) for part in parts]


def stages(image: Shape, areas: Sequence[Convolution], dense: Sequence[int]) -> list[Stage]:
    """Every layer from the image to the output.

    Parameters
    ----------
    image : tuple of int
        (channels, height, width).
    areas : sequence of Convolution
    dense : sequence of int

    Raises
    ------
    ArgumentError
        If an area sees more places than there are below it, or there is no hidden area.
    """
    if not areas and not dense:
        raise ArgumentError("convolutions='none' is not allowed with dense='none'; there is at least one hidden area.")
    found: list[Stage] = []
    below: Shape = image
    for k, area in enumerate(areas):
        sides = [(side - area.kernel) // area.stride + 1 for side in below[1:]]
        if min(below[1:]) < area.kernel:
            raise ArgumentError(
                f"area {k + 1} of convolutions sees {area.kernel} x {area.kernel} places, which is more than the {below[1]} x {below[2]} below it; give a smaller kernel, smaller strides, or fewer areas."
            )
        found.append(Stage(below, (area.channels, *sides), area.kernel, area.stride))
        below = found[-1].above
    for cells in (*dense, CLASSES):
        found.append(Stage(below, (cells,)))
        below = (cells,)
    return found
