"""The page says what a folder holds: whole in itself, every text escaped, nothing that is wrong kept quiet."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from study_folders import PARAMETERS, make_result, make_run, make_study, make_sweep

from burstnet.analysis.health import saturated_weights, silent_phases
from burstnet.errors import ArgumentError, BurstnetError, ResultError
from burstnet.report import About, write_report
from burstnet.report.warnings import ranges
from burstnet.result import Result

ABOUT = About(title="A <title> & more", citation="Somebody (2026).", defaults=PARAMETERS | {"tail": "10 s"})


class Reader(HTMLParser):
    """Tags with their attributes, the text between them, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.words += [] if tag in ("b", "i", "sub", "code") else [" "]
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def read(folder, about=ABOUT) -> tuple[str, Reader]:
    text = write_report(folder, about=about).read_text()
    reader = Reader(text)
    assert reader.open == []
    return text, reader


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = make_study(tmp_path_factory.mktemp("study"), failed=[("no-Y", 3)])
    return folder, *read(folder)


def test_page_is_complete_in_itself(study):
    _, text, page = study
    assert text.startswith("<!DOCTYPE html>") and "<script" not in text
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:")
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 5 + 4 and all(image["alt"] for image in images)  # no circuit in ABOUT
    for image in images:
        kind, _, data = image["src"].partition(";base64,")
        assert kind == "data:image/svg+xml" and b"<svg" in base64.b64decode(data)


def test_page_says_what_was_done(study):
    _, _, page = study
    for words in (
        "A <title> & more", "A study of target-rate: 3 arms, each with seeds 1 to 6.", "10 s simulated",
        "1 run failed.", "half <b>Q</b> & more", "Y:scale=0@2s..5s", "Somebody (2026).", "Brian 2",
        "These differ from their defaults. parameter value default tail 1 s 10 s", "c0ffee", "build 12.3 s",
        "--arm 'no-Y: Y:scale=0@2s..5s'", "inc_during.out_event_last5", "something_else", "Wilcoxon signed-rank test",
        "equivalent within",
    ):  # fmt: skip
        assert words in page.text, words


def test_page_warns(study):
    _, _, page = study
    assert "The run of no-Y with seed 3 failed: no <memory> left" in page.text
    assert re.search(
        r"Saturated weights: up to 100 % of the weights of drive stood at their upper bound in no-Y, from .* s on, seeds 1, 2, 4 to 6",
        page.text,
    )
    assert "Silent" not in page.text


def test_page_of_the_same_folder_is_the_same(study):
    folder, text, _ = study
    assert write_report(folder, folder / "again.html", about=ABOUT).read_text() == text


def test_table_holds_the_statistics(study):
    folder, text, page = study
    row = next(
        r
        for r in json.loads((folder / "summary.json").read_text())["statistics"]
        if (r["metric"], r["arm"]) == ("inc_during.out_event_last5", "no-Y")
    )
    shown = f"Δ {row['difference']:+.3g} [{row['low']:.3g}, {row['high']:.3g}]".replace("-", "−")
    assert shown in page.text and row["n"] == 5 and "n = 5, 1 left out" in page.text


def test_nothing_of_a_folder_becomes_markup(tmp_path):
    evil = "<script>alert(1)</script>"
    make_study(
        tmp_path, seeds=(1, 2), arms={"control": [], evil: [f"Y:scale=0{evil}"]}, failed=[(evil, 2)], target=evil,
        protocol=evil, provenance={"command": evil, "commit": evil, "date": evil}, timing={f"{evil}_s": 1},
    )  # fmt: skip
    text, page = read(tmp_path, None)
    assert "<script" not in text and evil in page.text


def test_sweep_of_two_settings_has_maps(tmp_path):
    _, page = read(make_sweep(tmp_path))
    images = [a["alt"] for tag, a in page.tags if tag == "img"]
    assert "something_else" in images and "Event rate of output" in images
    assert "6 points" in page.text and "increase_to=8Hz, input.n=5" in page.text and "no control" not in page.text


@pytest.mark.parametrize("varied", [{"a": ("1", "2")}, {"a": ("1", "2"), "b": ("1", "2"), "c": ("1", "2")}])
def test_sweeps_of_other_numbers_of_settings(tmp_path, varied):
    _, page = read(make_sweep(tmp_path, **varied))
    images = [a["alt"] for tag, a in page.tags if tag == "img"]
    assert "something_else" in images if len(varied) == 1 else "something_else (c=2)" in images


def test_run_shows_its_figure_or_its_curves(tmp_path):
    folder = make_run(tmp_path / "run", ["Y:scale=0@2s..5s"])
    _, page = read(folder)
    assert "A run of target-rate with seed 1." in page.text and "Y:scale=0@2s..5s" in page.text
    assert "Event rate of output" in [a["alt"] for tag, a in page.tags if tag == "img"]
    (folder / "figure.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    _, page = read(folder)
    images = [a for tag, a in page.tags if tag == "img"]
    assert [a["alt"] for a in images] == ["The run"] and images[0]["src"].startswith("data:image/png;base64,")


def test_protocol_is_looked_up(tmp_path):
    text, page = read(make_study(tmp_path, seeds=(1, 2)), about=None)
    images = [a["alt"] for tag, a in page.tags if tag == "img"]
    assert {"The circuit", "No-Y", "inc_during.out_event_last5"} <= set(images)
    assert "Greedy" in page.text and "A spiking BurstCCN learns" in page.text
    assert "something_else" not in images and "something_else" in page.text


def test_silent_populations_and_lost_files_are_told(tmp_path):
    make_study(tmp_path / "a", seeds=(1, 2), arms={"control": [], "silent": []})
    (tmp_path / "a" / "runs" / "arm-0" / "1" / "result.nc").write_bytes(b"broken")
    _, page = read(tmp_path / "a")
    assert "Silent population: output had no event in the phase inc_during in silent, seeds 1, 2." in page.text
    assert (
        "A result of control could not be read" in page.text
        and "1 compared arm cannot fall below 0.5" in page.text
        and "6 seeds to reach" in page.text
    )
    make_study(tmp_path / "b", seeds=(1, 2), arms={"control": [], "silent": ["output:silence"]})
    assert "Silent" not in read(tmp_path / "b")[1].text
    make_study(tmp_path / "c", seeds=(1, 2), results=False)
    assert "No result file of control" in read(tmp_path / "c")[1].text


def test_results_without_counts_or_weights_have_no_curves(tmp_path):
    folder = make_run(tmp_path)
    bare = make_result(1)
    bare.data = bare.data.drop_vars(list(bare.data.data_vars)).assign(output_spike_number=("seed", np.array([3])))
    bare.save(folder / "result.nc")
    _, page = read(folder)
    assert not [tag for tag, _ in page.tags if tag == "img"] and "inc_during.out_event_last5" in page.text


def test_what_is_wrong_is_one_sentence(tmp_path):
    with pytest.raises(ResultError, match="no finished run or study"):
        write_report(tmp_path)
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(ResultError, match="cannot be read"):
        write_report(tmp_path)
    (tmp_path / "summary.json").write_text('{"arms": {"control": {}}, "seeds": [1]}')
    with pytest.raises(ResultError, match="not the summary"):
        write_report(tmp_path)
    with pytest.raises(ArgumentError, match="is a folder"):
        write_report(make_run(tmp_path / "run"), tmp_path)


@pytest.fixture(scope="module")
def plain_files(tmp_path_factory):
    folder = make_study(tmp_path_factory.mktemp("plain"), seeds=(1, 2), results=False)
    return [json.loads((folder / name).read_text()) for name in ("summary.json", "manifest.json")]


def damaged(data, rng):
    """A copy in which one thing, anywhere, is replaced by something else or missing."""
    copy = json.loads(json.dumps(data))
    here = copy
    while True:
        key = rng.choice(list(here)) if isinstance(here, dict) else rng.integers(len(here))
        deeper = here[key]
        if not isinstance(deeper, (dict, list)) or not deeper or rng.random() < 0.2:
            break
        here = deeper
    others = [None, True, -1, 1e400, "", "<b>", "../..", [], [1], {}, {"a": [None]}]
    if rng.random() < 0.2:
        del here[key]
    else:
        here[key] = others[rng.integers(len(others))]
    return copy


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_folder_is_a_page_or_one_sentence(plain_files, tmp_path, monkeypatch, seed):
    rng = np.random.default_rng(seed)
    which = seed % 2
    files = [damaged(data, rng) if k == which else data for k, data in enumerate(plain_files)]
    for name, data in zip(("summary.json", "manifest.json"), files, strict=True):
        (tmp_path / name).write_text(json.dumps(data))
    monkeypatch.setattr("burstnet.report.write.pictures", lambda outcome, about: [])
    try:
        text = write_report(tmp_path, about=ABOUT).read_text()
    except BurstnetError as problem:
        assert "\n" not in str(problem)
    else:
        assert "<b></" not in text and Reader(text).open == []


def test_a_manifest_cannot_lead_out_of_the_folder(tmp_path):
    make_study(tmp_path / "study", seeds=(1, 2), results=False)
    outside = tmp_path / "out" / "1"
    outside.mkdir(parents=True)
    make_result(1).save(outside / "result.nc")
    manifest = json.loads((tmp_path / "study" / "manifest.json").read_text())
    manifest["arms"]["control"]["slug"] = "../../out"
    (tmp_path / "study" / "manifest.json").write_text(json.dumps(manifest))
    assert "No result file of control" in read(tmp_path / "study")[1].text


def test_health_of_results():
    assert silent_phases(make_result(1)) == [] and saturated_weights(make_result(1)) == []
    assert [(s.population, s.phase) for s in silent_phases(make_result(1, silent=True))] == [
        ("output", "inc_pre"), ("output", "inc_during")
    ]  # fmt: skip
    (upper,) = saturated_weights(make_result(1, weight=2.5))
    assert (upper.projection, upper.bound, upper.part, upper.seeds) == (
        "drive",
        "upper",
        1.0,
        (1,),
    ) and 0 < upper.since < 10
    result = make_result(1, weight=2.5)
    half = np.where(np.arange(10) < 4, 1.0, 0.2)  # too few stand there
    result.data["drive_weight"] = result.data["drive_weight"] * half
    assert saturated_weights(Result(result.data, result.about)) == []


def test_ranges():
    assert [ranges(n) for n in ([3], [1, 2], [3, 1, 2], [1, 2, 4, 5, 6])] == ["3", "1, 2", "1 to 3", "1, 2, 4 to 6"]


def test_command_line(tmp_path):
    folder = make_run(tmp_path / "run")
    command = [sys.executable, "-m", "burstnet.cli", "report"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "report.html" in done.stdout and (folder / "report.html").is_file(), done.stderr
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1 and "summary.json" in done.stderr
