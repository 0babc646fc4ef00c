"""Tables that are generated instead of written: tested versions, parameters of a dataclass, a reproduction table.

Imports burstnet only where a page asks for its parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from docutils import nodes
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
    """STUB, check against `ParameterSet`: name, value with unit, meaning and source of every field."""
    from burstnet.quantities import format_quantity

    return [
        (f"``{name}``", format_quantity(declared.value), declared.doc, declared.source)
        for name, declared in parameters.declared().items()
    ]


def reproduction_rows(report: Path) -> list[Row]:
    """STUB, fit to what `burstnet verify` writes: quantity, published, measured, tolerance, verdict."""
    keys = ("quantity", "published", "measured", "tolerance", "verdict")
    return [tuple(str(row[key]) for key in keys) for row in json.loads(report.read_text(encoding="utf-8"))["rows"]]


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


class ReproductionTable(TableDirective):
    """``.. reproduction-table:: FILE`` shows a verify.json beside the page, or says that there is none yet."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        _, absolute = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(absolute)
        if not Path(absolute).exists():
            return self.parse_text_to_nodes(".. note:: Not measured yet.")
        header = ("Quantity", "Published", "Measured", "Tolerance", "Verdict")
        return self.table(header, reproduction_rows(Path(absolute)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("tested-versions", VersionTable)
    app.add_directive("parameter-table", ParameterTable)
    app.add_directive("reproduction-table", ReproductionTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
