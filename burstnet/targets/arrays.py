"""One table of all arrays of a C++ project in the place of a block of code for each. Imports nothing of burstnet.

Brian2 writes for every array, however small, a block that makes it, one that sets it from the command line and one that
writes it into a file of its own. Several hundred run arguments so cost half of a build, and several hundred files a run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ARRAYS_FILE", "PlainArray", "tabulate"]

#: The file into which a run writes all arrays of the table, one after the other.
ARRAYS_FILE = "arrays.bin"


@dataclass(frozen=True)
class PlainArray:
    """An array of a length that the build knows.

    Attributes
    ----------
    variable : str
        Its name in C++.
    file : str
        The file that Brian2 would write it into.
    offset : int
        Its place in `ARRAYS_FILE`, in bytes.
    """

    variable: str
    file: str
    offset: int


_SIZES = {"double": 8, "float": 4, "int64_t": 8, "uint64_t": 8, "int32_t": 4, "uint32_t": 4, "char": 1, "bool": 1}
_WRITE = re.compile(
    r'    ofstream outfile_(\w+);\n    outfile_\1\.open\(results_dir \+ "([^"]+)", ios::binary \| ios::out\);\n'
    r"    if\(outfile_\1\.is_open\(\)\)\n    \{\n"
    r"        outfile_\1\.write\(reinterpret_cast<char\*>\(\1\), (\d+)\*sizeof\(\1\[0\]\)\);\n"
    r"        outfile_\1\.close\(\);\n    \} else\n    \{\n"
    r'        std::cout << "Error writing output file for \1\." << endl;\n    \}\n'
)
_MAKE = re.compile(r"    (\w+) = new (\w+)\[(\d+)\];\n\s*for\(int i=0; i<\3; i\+\+\) \1\[i\] = 0;\n")
_SET = re.compile(
    r'    if \(name == "([^"]+)"\) \{\n        var_size = (\d+);\n        data_size = \2\*sizeof\((\w+)\);\n'
    r"        if \(s_value\[0\] == '-' .*?set_variable_from_value<\3>\(name, (\w+), .*?\n        \}\n        return;\n    \}\n",
    re.DOTALL,
)

_TABLE = """
namespace {
struct BurstnetArray { void** where; long long count; int size; char kind; const char* name; };
BurstnetArray burstnet_arrays[] = {
%s
};
}
"""
#: Arrays begin at different places of a memory page: a processor takes a load for one of the store before it if both have
#: the same place in their pages, which doubled the time of a loop over a dozen variables of 500 cells.
_MAKE_ALL = """    {
        size_t bytes = 4096, place = 0, k = 0;
        for (auto& array : burstnet_arrays) bytes += array.count * array.size + 4096 + 64;
        char* pool = (char*)std::calloc(bytes, 1);
        pool += (4096 - (size_t)pool % 4096) % 4096;
        for (auto& array : burstnet_arrays) {
            const size_t length = array.count * array.size;
            if (length >= 512) place += (k++ * 27 % 64 * 64 + 4096 - place % 4096) % 4096;
            *array.where = pool + place;
            place += (length + 63) / 64 * 64;
        }
    }
"""
_SET_ALL = """    for (auto& array : burstnet_arrays) {
        if (name != array.name) continue;
        if (s_value[0] == '-' || (s_value[0] >= '0' && s_value[0] <= '9')) {
            if (array.kind == 'd') set_variable_from_value<double>(name, *(double**)array.where, array.count, atof(s_value.c_str()));
            else if (array.kind == 'f') set_variable_from_value<float>(name, *(float**)array.where, array.count, (float)atof(s_value.c_str()));
            else if (array.kind == 'l') set_variable_from_value<int64_t>(name, *(int64_t**)array.where, array.count, (int64_t)atol(s_value.c_str()));
            else if (array.kind == 'i') set_variable_from_value<int32_t>(name, *(int32_t**)array.where, array.count, (int32_t)atol(s_value.c_str()));
            else set_variable_from_value(name, *(char**)array.where, array.count, (char)atoi(s_value.c_str()));
        } else set_variable_from_file(name, *(char**)array.where, array.count * array.size, s_value);
        return;
    }
"""
_WRITE_ALL = f"""    {{
        std::FILE* all = std::fopen((results_dir + "{ARRAYS_FILE}").c_str(), "wb");
        bool whole = all != nullptr;
        for (auto& array : burstnet_arrays)
            whole = whole && std::fwrite(*array.where, array.size, array.count, all) == (size_t)array.count;
        whole = (all == nullptr || std::fclose(all) == 0) && whole;
        if (!whole) std::cerr << "Error writing " << results_dir << "{ARRAYS_FILE}" << std::endl;
    }}
"""
_KINDS = {"double": "d", "float": "f", "int64_t": "l", "uint64_t": "l", "int32_t": "i", "uint32_t": "i"}


def tabulate(text: str) -> tuple[str, list[PlainArray]]:
    """Rewrite ``objects.cpp``; where its text is another than the one known here, it stays as it is.

    Parameters
    ----------
    text : str

    Returns
    -------
    text : str
    arrays : list of PlainArray
        What a run now writes into one file; empty if nothing was changed.
    """
    original = text
    written = {m[1]: (m[2], int(m[3])) for m in _WRITE.finditer(text)}
    kinds = {variable: kind for kind, variable in re.findall(r"(?m)^(\w+) \* ?(\w+);$", text)}
    settable = {m[4]: m[1] for m in _SET.finditer(text)}
    made = {m[1] for m in _MAKE.finditer(text)}
    known = [v for v in written if kinds.get(v) in _SIZES and v in made]
    if not known or len(known) < 0.5 * len(written):
        return text, []
    arrays, offset, rows = [], 0, []
    for variable in known:
        file, count = written[variable]
        size = _SIZES[kinds[variable]]
        arrays.append(PlainArray(variable, file, offset))
        offset += count * size
        name = settable.get(variable, "")
        rows.append(f"  {{(void**)&{variable}, {count}LL, {size}, '{_KINDS.get(kinds[variable], 'c')}', \"{name}\"}},")
    chosen = set(known)

    def without(pattern: re.Pattern[str], group: int, text: str) -> str:
        return pattern.sub(lambda found: "" if found[group] in chosen else found[0], text)

    text = without(_SET, 4, without(_MAKE, 1, without(_WRITE, 1, text)))
    for anchor, addition in (
        ("//////////////// set arrays by name ///////\n", _TABLE % "\n".join(rows)),
        ("    // non-dynamic arrays\n", _SET_ALL),
        ("    // Arrays initialized to 0\n", _MAKE_ALL),
        ("void _write_arrays()\n{\n    using namespace brian;\n", _WRITE_ALL),
    ):
        before, found, after = text.partition(anchor)
        if not found:
            return original, []
        text = before + found + addition + after
    return text.replace("#include<cstdlib>\n", "#include<cstdlib>\n#include<cstdio>\n", 1), arrays
