"""Figures of saved results, one a file. Imports analysis, result and errors; never Brian2."""

from .bp_curve import bp_curve_figure, draw_bp_curves
from .burst_plasticity import burst_plasticity_figure, draw_burst_plasticity
from .burst_probability import burst_probability
from .cerebellar_drive import (
    cerebellar_drive_figure,
    cerebellar_networks_figure,
    cerebellar_switching_figure,
    consolidation_figure,
)
from .classification import classification_figure
from .digits import digits_figure
from .eyeblink import draw_eyeblink, eyeblink_figure
from .feedback_decoupling import decoupling_figure, draw_errors
from .feedback_horizon import draw_benefit, feedback_figure
from .feedback_rank import feedback_rank_figure
from .gradient_alignment import draw_gradient_alignment
from .learning_curves import learning_curves
from .line_drawing import line_drawing_figure, task_switching_figure
from .metric_by_arm import metric_by_arm
from .pairing import draw_pairing, pairing_figure
from .potentials import potentials
from .propagation import draw_propagation, propagation_figure
from .raster import raster
from .rates import rates
from .schematic import schematic
from .short_term import short_term_figure
from .silencing import silencing_figure
from .sine import sine_figure
from .style import save_figure
from .sweep_map import sweep_map
from .target_rate import target_rate_figure
from .weights import weights
from .xor import draw_one_phase, draw_xor, one_phase_figure, xor_figure

__all__ = [
    "bp_curve_figure",
    "burst_plasticity_figure",
    "burst_probability",
    "cerebellar_drive_figure",
    "cerebellar_networks_figure",
    "cerebellar_switching_figure",
    "classification_figure",
    "consolidation_figure",
    "decoupling_figure",
    "digits_figure",
    "draw_benefit",
    "draw_bp_curves",
    "draw_burst_plasticity",
    "draw_errors",
    "draw_eyeblink",
    "draw_gradient_alignment",
    "draw_one_phase",
    "draw_pairing",
    "draw_propagation",
    "draw_xor",
    "eyeblink_figure",
    "feedback_figure",
    "feedback_rank_figure",
    "learning_curves",
    "line_drawing_figure",
    "metric_by_arm",
    "one_phase_figure",
    "pairing_figure",
    "potentials",
    "propagation_figure",
    "raster",
    "rates",
    "save_figure",
    "schematic",
    "short_term_figure",
    "silencing_figure",
    "sine_figure",
    "sweep_map",
    "target_rate_figure",
    "task_switching_figure",
    "weights",
    "xor_figure",
]
