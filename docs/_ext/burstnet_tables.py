"""Tables that are generated instead of written: tested versions, parameters, equations, a reproduction table.

Imports burstnet only where a page asks for its parameters.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from packaging.requirements import Requirement
from packaging.version import Version
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PYTHONS = ("3.11", "3.12", "3.13")
VERSIONED = {
    "brian2": "Brian2",
    "numpy": "numpy",
    "cython": "Cython",
    "scipy": "scipy",
    "xarray": "xarray",
    "matplotlib": "Matplotlib",
}

Row = Sequence[str]


def version_rows(constraints: Path) -> list[Row]:
    """One row per tested Python: its version, then the newest that is allowed of each package in `VERSIONED`."""
    lines = (line.split("#", 1)[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines())
    requirements = [Requirement(line) for line in lines if line]

    def pin(package: str, python: str) -> str:
        environment = {"python_version": python, "python_full_version": f"{python}.0"}
        for requirement in requirements:
            applies = requirement.marker is None or requirement.marker.evaluate(environment)
            if requirement.name.lower() == package and applies:
                return str(max(Version(specifier.version) for specifier in requirement.specifier))
        raise ValueError(f"{constraints.name} has no line for {package} on Python {python}")

    return [(python, *(pin(package, python) for package in VERSIONED)) for python in PYTHONS]


def parameter_rows(parameters: type) -> list[Row]:
    """Name, value with unit, meaning and source of every field of a `ParameterSet`."""
    return [
        (f"``{name}``", _quantity(declared.value), _escaped(declared.doc), _escaped(declared.source))
        for name, declared in parameters.declared().items()
    ]


def _quantity(value: Any) -> str:
    """Number and unit; powers of units that have no short name are written as superscripts."""
    from burstnet.quantities import format_quantity

    number, _, unit = format_quantity(value).partition(" ")
    unit = re.sub(r"\*\*(-?\d+)", lambda power: power[1].translate(_SUPERSCRIPTS), unit).replace("*", " ")
    return f"{float(number):.12g} {unit}".strip() if abs(float(number)) < 1e6 else f"{float(number):.3g} {unit}".strip()


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _escaped(text: str) -> str:
    """`text` without meaning to reStructuredText."""
    return re.sub(r"([*`|\\]|_(?=\W|$))", r"\\\1", text)


def equation_rows(fragment: Any, lines: Iterable[str]) -> list[Row]:
    """Formula and the fragment's own text, for lines such as ``V_s | C_s dV/dt = ...``.

    The name before the bar is a variable of the equations, ``threshold`` or ``reset``.
    """
    texts = {"threshold": fragment.threshold, "reset": "; ".join(fragment.reset.strip().splitlines())}
    for line in filter(None, (line.strip() for line in fragment.equations.splitlines())):
        name = re.match(r"d(\w+)/dt|(\w+)", line)
        if name:
            texts[name[1] or name[2]] = line
    rows = []
    for line in lines:
        name, _, formula = (part.strip() for part in line.partition("|"))
        if name not in texts:
            raise ValueError(f"{fragment.name} has no equation of {name!r}; it has {', '.join(texts)}")
        rows.append((formula, f"``{texts[name]}``"))
    return rows


def reproduction_rows(report: Path, condition: str, patterns: Sequence[str] = ("*",)) -> list[Row]:
    """The quantities of one condition that match a pattern, in the order of the patterns."""
    rows = [row for row in _verification(report) if row["condition"] == condition]
    chosen = [row for pattern in patterns for row in rows if fnmatchcase(row["quantity"], pattern)]
    if not chosen:
        raise ValueError(f"{report.name} has no row of {condition} that matches {' '.join(patterns)}")
    return [_reproduction_row(row) for row in chosen]


def _reproduction_row(row: dict[str, Any]) -> Row:
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    quantity = f"``{row['quantity']}``{unit}"
    published = _mean_and_sd(row["published"], row["published_sd"])
    measured = _mean_and_sd(row["measured"], row["measured_sd"])
    return quantity, published, measured, row.get("bound") or f"{row['tolerance']:.2g}", row["verdict"]


def _mean_and_sd(mean: float | None, sd: float | None) -> str:
    if mean is None:
        return "never"
    return f"{mean:.4g}" if sd is None else f"{mean:.4g} ± {sd:.2g}"


def verdict_rows(report: Path) -> list[Row]:
    """How many quantities of each condition have which verdict."""
    verdicts: dict[str, list[str]] = {}
    for row in _verification(report):
        verdicts.setdefault(row["condition"], []).append(row["verdict"])
    return [
        (f"``{name}``", str(len(found)), *(str(found.count(verdict)) for verdict in VERDICTS))
        for name, found in verdicts.items()
    ]


VERDICTS = ("reproduced", "known-difference", "differs")


def _verification(report: Path) -> list[dict[str, Any]]:
    return json.loads(report.read_text(encoding="utf-8"))["rows"]


def trim_verification(full: Path, trimmed: Path) -> None:
    """Make the file that the model's page shows: no values per seed, five digits, a row on a line."""

    def kept(row: dict[str, Any]) -> dict[str, Any]:
        short = {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in row.items()}
        return {key: value for key, value in short.items() if key != "per_seed"}

    found = json.loads(full.read_text(encoding="utf-8"))
    rows = ",\n".join(json.dumps(kept(row)) for row in found.pop("rows"))
    trimmed.write_text(f'{json.dumps(found)[:-1]}, "rows": [\n{rows}\n]}}\n', encoding="utf-8")


class TableDirective(SphinxDirective):
    """A directive that turns rows of reStructuredText cells into a table."""

    def table(self, header: Row, rows: Iterable[Row]) -> list[nodes.Node]:
        """Docutils nodes of a list-table with one header row."""
        lines = [".. list-table::", "   :header-rows: 1", ""]
        for row in (header, *rows):
            lines += [f"   {'* -' if column == 0 else '  -'} {cell}" for column, cell in enumerate(row)]
        return self.parse_text_to_nodes("\n".join(lines))


class VersionTable(TableDirective):
    """``.. tested-versions::`` shows what constraints.txt pins for each Python."""

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        constraints = Path(self.env.srcdir).parent / "constraints.txt"
        self.env.note_dependency(str(constraints))
        return self.table(("Python", *VERSIONED.values()), version_rows(constraints))


class ParameterTable(TableDirective):
    """``.. parameter-table:: burstnet.MODULE:CLASS`` shows the defaults of a dataclass of parameters."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        module, _, name = self.arguments[0].partition(":")
        rows = parameter_rows(getattr(import_module(module), name))
        return self.table(("Name", "Value", "Meaning", "Source"), rows)


class EquationTable(TableDirective):
    """``.. equation-table:: burstnet.MODULE:FUNCTION`` shows formulae beside those of the fragment that it makes."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        module, _, name = self.arguments[0].partition(":")
        fragment = getattr(import_module(module), name)()
        return self.table(("Published", "burstnet"), equation_rows(fragment, self.content))


class ReproductionTable(TableDirective):
    """``.. reproduction-table:: FILE`` shows a trimmed verify.json beside the page.

    Without options it counts verdicts; with ``:condition:`` it shows the quantities of one condition, with
    ``:quantities:`` only those that match a pattern, with ``:collapsed:`` behind that text.
    """

    required_arguments = 1
    option_spec = dict.fromkeys(("condition", "quantities", "collapsed"), directives.unchanged)

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        _, absolute = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(absolute)
        report = Path(absolute)
        if "condition" not in self.options:
            return self.table(("Condition", "Quantities", *VERDICTS), verdict_rows(report))
        patterns = self.options.get("quantities", "*").split()
        header = ("Quantity", "Published program", "burstnet", "Tolerance", "Verdict")
        table = self.table(header, reproduction_rows(report, self.options["condition"], patterns))
        if "collapsed" not in self.options:
            return table
        opening = f"<details><summary>{html.escape(self.options['collapsed'])}</summary>"
        return [nodes.raw("", opening, format="html"), *table, nodes.raw("", "</details>", format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("tested-versions", VersionTable)
    app.add_directive("parameter-table", ParameterTable)
    app.add_directive("equation-table", EquationTable)
    app.add_directive("reproduction-table", ReproductionTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    trim_verification(Path(sys.argv[1]), Path(sys.argv[2]))
