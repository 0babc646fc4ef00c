"""What a study left in its folder: summary, metrics of every arm, results of single runs. Imports result, analysis, folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.metrics import Metric
from ..analysis.tables import arms_of_summary, tidy_rows
from ..errors import ResultError, unknown_name
from ..result import Result
from .folder import StudyFolder

if TYPE_CHECKING:
    import pandas

__all__ = ["StudyResult", "open_study"]


class StudyResult:
    """The outcome of a study, read from its folder as it is asked for.

    Attributes
    ----------
    folder : Path
    summary : dict
        What ``summary.json`` holds.
    """

    def __init__(self, folder: Path, summary: dict[str, Any], names: dict[str, str]) -> None:
        self.folder, self.summary, self._names = folder, summary, names

    @property
    def seeds(self) -> list[int]:
        """Seeds of every arm, in the order of the metrics."""
        return [int(seed) for seed in self.summary["seeds"]]

    @property
    def arms(self) -> list[str]:
        """Labels in order."""
        return list(self.summary["arms"])

    @property
    def failed(self) -> dict[str, dict[int, str]]:
        """Label to seed to the reason why that run failed; only arms in which one did."""
        parts = {
            label: {int(seed): r for seed, r in arm["failed"].items()} for label, arm in self.summary["arms"].items()
        }
        return {label: part for label, part in parts.items() if part}

    @property
    def statistics(self) -> list[dict[str, Any]]:
        """Every arm against the control, a row for each metric; empty where there is no control."""
        return list(self.summary["statistics"])

    def metrics(self, arm: str) -> dict[str, Metric]:
        """Metrics of an arm; NaN for a seed that failed or where one is undefined."""
        self._check(arm)
        return arms_of_summary(self.summary)[0][arm]

    @property
    def table(self) -> pandas.DataFrame:
        """One row for each value: arm, seed, metric, unit, value."""
        import pandas

        return pandas.DataFrame(tidy_rows(*arms_of_summary(self.summary)))

    def result(self, arm: str, seeds: Sequence[int] | int | None = None, *, spikes: bool = True) -> Result:
        """The arrays of an arm's runs, as one result.

        Parameters
        ----------
        arm : str
            A label.
        seeds : int or sequence of int, optional
            All that did not fail by default.
        spikes : bool
            Read the spikes too, which are most of a file.

        Raises
        ------
        ArgumentError
            For an arm that is not there.
        ResultError
            For a run that is not there or failed.
        """
        from ..result import concatenate

        self._check(arm)
        wanted = [seeds] if isinstance(seeds, int) else list(seeds or self.seeds)
        if seeds is None:
            wanted = [seed for seed in wanted if seed not in self.failed.get(arm, {})]
        place = StudyFolder(self.folder)
        return concatenate([Result.load(place.run_path(self._names[arm], seed), spikes=spikes) for seed in wanted])

    def _check(self, arm: str) -> None:
        if arm not in self.summary["arms"]:
            raise unknown_name("arm", arm, self.summary["arms"])

    def __repr__(self) -> str:
        return f"<StudyResult of {self.summary['protocol']}: {len(self.arms)} arms, {len(self.seeds)} seeds, {self.folder}>"


def open_study(folder: str | Path) -> StudyResult:
    """A finished study.

    Raises
    ------
    ResultError
        If the folder holds none, or it is broken.
    """
    path = Path(folder)
    manifest = StudyFolder(path).manifest()
    try:
        summary = json.loads((path / "summary.json").read_text())
        if manifest is None:
            raise FileNotFoundError
        arms_of_summary(summary)
        names = {label: manifest["arms"][label]["slug"] for label in summary["arms"]}
    except FileNotFoundError as problem:
        raise ResultError(f"{path} holds no finished study; `burstnet status {path}` says what is there.") from problem
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ResultError(f"{path / 'summary.json'} is broken ({problem}); run the study again.") from problem
    return StudyResult(path, summary, names)
