"""Studies: many arms and seeds of one protocol from as few builds as there are programs, resumable, here or on a cluster."""

from __future__ import annotations

from .driver import run_study
from .study import Arm, Study, lesion_study, sweep_study
from .study_file import read_study
from .study_result import StudyResult, open_study

__all__ = ["Arm", "Study", "StudyResult", "lesion_study", "open_study", "read_study", "run_study", "sweep_study"]
