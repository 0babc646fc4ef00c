"""Numbers from results; never imports Brian2."""

from .metrics import Curve, Metric, as_plain

__all__ = ["Curve", "Metric", "as_plain"]
