"""Figures of saved results, one a file. Imports analysis, result and errors; never Brian2."""

from .burst_probability import burst_probability
from .learning_curves import learning_curves
from .metric_by_arm import metric_by_arm
from .potentials import potentials
from .raster import raster
from .rates import rates
from .schematic import schematic
from .style import save_figure
from .sweep_map import sweep_map
from .target_rate import target_rate_figure
from .weights import weights

__all__ = [
    "burst_probability",
    "learning_curves",
    "metric_by_arm",
    "potentials",
    "raster",
    "rates",
    "save_figure",
    "schematic",
    "sweep_map",
    "target_rate_figure",
    "weights",
]
