"""Figures of saved results, one a file. Imports analysis, result and errors; never Brian2."""

from .burst_probability import burst_probability
from .potentials import potentials
from .raster import raster
from .rates import rates
from .style import save_figure
from .target_rate import target_rate_figure
from .weights import weights

__all__ = ["burst_probability", "potentials", "raster", "rates", "save_figure", "target_rate_figure", "weights"]
