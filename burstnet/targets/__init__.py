"""Targets: numpy and cython in this process, cpp as a standalone binary; behind one `compile`."""

from __future__ import annotations

from .target import TARGETS, choose_target

__all__ = ["TARGETS", "choose_target"]
