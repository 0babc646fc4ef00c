"""The Brian2 objects by which lesions act on a population. Imports lesion_sites and cells.

Their run arguments are variables of these objects and not of the population: Brian2 looks through all variables of a
group for every piece of its code, which several hundred more would slow down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from brian2 import NeuronGroup
from brian2.core.variables import Variables
from brian2.groups.group import CodeRunner
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Fragment
from .lesion_sites import LesionSite

__all__ = ["LesionCode", "lesion_code"]


class LesionCode(CodeRunner):
    """Code on a population that reads windows and amounts of its own.

    Parameters
    ----------
    group : NeuronGroup
    code : str
    sites : sequence of LesionSite
        Whose run arguments it reads.
    when, order, name
        As for `brian2.NeuronGroup.run_regularly`.
    """

    def __init__(
        self, group: NeuronGroup, code: str, sites: Sequence[LesionSite], when: str, order: int, name: str
    ) -> None:
        super().__init__(group, "stateupdate", code=code, clock=group.clock, when=when, order=order, name=name)
        self.variables = Variables(self)
        for site in sites:
            for argument, parameter in site.parameters().items():
                self.variables.add_array(
                    argument, size=1, dimensions=Quantity(parameter.value).dim, constant=True, scalar=True, index="0"
                )

    def set_values(self, numbers: Mapping[str, float]) -> None:
        """Set run arguments, by ``"object.variable"``; those that are zero are so already."""
        for argument in self.variables:
            value = numbers.get(f"{self.name}.{argument}", 0.0)
            if value:
                self.variables[argument].set_value(value)


def lesion_code(
    group: NeuronGroup, cell: Fragment, sites: Sequence[LesionSite], factored: set[str]
) -> list[LesionCode]:
    """What lesions do at the start of a step, and how they hold somata before thresholds are tested.

    Parameters
    ----------
    group : NeuronGroup
    cell : Fragment
        Of which it is made.
    sites : sequence of LesionSite
        On this population.
    factored : set of str
        Projections whose factor is a variable of the cell: those with a constant source, and those onto receptors.
    """
    found = []
    acting = [site for site in sites if site.kind != "silence"]
    if acting:
        code = "\n".join(site.code(site.part in factored) for site in acting)
        found.append(LesionCode(group, code, acting, "start", 1, acting[0].owner))
    for site in sites:
        if site.kind == "silence":
            lines = [f"lesion_silenced = int({site.silenced()} > 0)"]
            for variable, level in cell.held().items():
                # a sum of products, since a difference that is taken back is not the held value to the last bit
                kept = f"{variable}*(1 - lesion_silenced) + lesion_held_{variable}*lesion_silenced"
                lines += [f"lesion_held_{variable} = {level}", f"{variable} = {kept}"]
            found.append(LesionCode(group, "\n".join(lines), [site], "before_thresholds", 0, site.owner))
    group.contained_objects.extend(found)
    return found
