"""The README's Python example runs as it stands, and its two commands are one line each."""

import re
import subprocess
import sys
from pathlib import Path

from support import needs_compiler

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def test_two_commands_of_one_line_each():
    commands = blocks("bash")[:2]
    assert [command.count("\n") for command in commands] == [1, 1]
    assert "burstnet run target-rate" in commands[0] and "pytest" in commands[1]


@needs_compiler
def test_python_example(tmp_path):
    (example,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert abs(float(re.search(r"8 Hz: ([\d.]+)", done.stdout)[1]) - 8) < 0.8
    assert (tmp_path / "eight-hertz.nc").exists() and (tmp_path / "eight-hertz.png").exists()
