"""Numbers from results; never imports Brian2."""

from .metrics import Metric, as_plain

__all__ = ["Metric", "as_plain"]
