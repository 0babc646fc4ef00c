"""Rate models as a user meets them: run, lesion, sweep, report; killed and resumed; refused where they cannot."""

import dataclasses
import json
import subprocess
import sys
import time

import pytest
from toy_rate import Toy, ToyLine, installed

from burstnet import Result, Study, experiment, open_study, run_study, verify
from burstnet.cli import main
from burstnet.studies import Arm

ARMS = ["--arm", "no-cerebellum: cerebellum:silence@5s..", "--arm", "frozen: olive:freeze@5s.."]


@pytest.fixture
def burstnet(monkeypatch, tmp_path, capsys):
    """The command line in this process, with the toy among its protocols."""
    monkeypatch.setitem(experiment._OURS, "toy", "toy_rate:EXPERIMENT")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["burstnet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


def comparable(path):
    """A summary without what may differ between repeats."""
    return {name: part for name, part in json.loads(path.read_text()).items() if name not in ("timing", "provenance")}


def test_a_study_that_was_killed_goes_on_in_another_process(burstnet, tmp_path):
    arguments = ["lesion", "toy", *ARMS, "--seeds", "1:4", "--set", "pause=0.05"]
    command = [sys.executable, "-m", "burstnet.cli", *arguments, "--jobs", "2", "-o", "cut"]
    driver = subprocess.Popen(
        command, env=installed(tmp_path / "site"), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    deadline = time.time() + 120
    while len(list(tmp_path.glob("cut/runs/*/[0-9]*"))) < 3:
        assert time.time() < deadline and driver.poll() is None, driver.communicate()[1]
        time.sleep(0.01)
    driver.kill()
    driver.communicate()
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.glob("cut/runs/*/[0-9]*/result.nc")}
    assert 3 <= len(stamps) < 12
    code, out, err = burstnet(*arguments, "--jobs", "1", "-o", "cut", "--report")
    assert code == 0 and "runs are there already" in err and "no-cerebellum" in out
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    assert burstnet(*arguments, "--jobs", "1", "-o", "whole")[0] == 0
    assert comparable(tmp_path / "cut" / "summary.json") == comparable(tmp_path / "whole" / "summary.json")
    found = open_study(tmp_path / "cut")
    means = {arm: found.metrics(arm)["final_error"].mean for arm in found.arms}
    assert means["control"] < means["frozen"] < means["no-cerebellum"] and found.seeds == [1, 2, 3, 4]
    assert found.result("frozen").windows == [(5.0, 10.0)]
    assert (tmp_path / "cut" / "learning-curves.png").exists()
    page = (tmp_path / "cut" / "report.html").read_text()
    assert "10 sessions simulated" in page and "A toy draws a line" in page and ">Error<" in page


def test_a_run_prints_sessions_and_is_done_once(burstnet, tmp_path):
    code, out, err = burstnet("run", "toy", "--lesion", "olive:freeze@5s..", "--set", "rate=0.2", "--set", "cells=4")
    assert code == 0 and "a rate model is nothing to compile" in err and "1 seed of 10 sessions; " in out
    summary = json.loads((tmp_path / "toy" / "summary.json").read_text())
    assert summary["clock"] == "session" and summary["parameters"]["rate"] == "0.2" and summary["target"] == "numpy"
    again = burstnet("run", "toy", "--lesion", "olive:freeze@5s..", "--set", "rate=0.2", "--set", "cells=4")
    assert again[0] == 0 and "everything is there already" in again[2]
    assert burstnet("run", "toy", "--set", "task=circle")[0] == 2


def test_a_grid_is_swept_and_a_model_of_ones_own_studied(burstnet, tmp_path):
    code, out, _ = burstnet(
        "sweep", "toy", "--vary", "rate=0.1,0.3", "--vary", "cells=5,10", "--jobs", "1", "-o", "grid", "--seeds", "1"
    )
    assert code == 0 and "4 arms of 1 seeds" in out and (tmp_path / "grid" / "maps.png").exists()
    arms = (Arm("control"), Arm("silent", "cerebellum:silence"), Arm("fast", (), {"rate": 0.3}))
    own = run_study(Study(ToyLine(), arms, (1,), circuit=Toy(cells=10)), tmp_path / "own", jobs=1)
    grid = open_study(tmp_path / "grid")
    assert own.metrics("control")["final_error"].mean == grid.metrics("rate=0.1, cells=10")["final_error"].mean
    assert own.metrics("fast")["final_error"].mean == grid.metrics("rate=0.3, cells=10")["final_error"].mean


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "toy", "--target", "cuda"], "target='cuda' is not allowed; toy is a rate model, which runs in numpy"),
        (["generate", "toy", "-o", "x"], "PROTOCOL toy is not allowed; it is a rate model"),
        (["run", "toy", "--lesion", "cerebelum:silence"], "Did you mean 'cerebellum'"),
        (["run", "toy", "--lesion", "cerebellum:silence@50s.."], "the run ends at 10 s"),
        (["run", "toy", "--until", "11s"], "the timeline has 10 sessions"),
        (["run", "toy", "--set", "rte=1"], "Did you mean 'rate'"),
        (["sweep", "toy", "--vary", "cells=0,1"], "cells='0' is not allowed"),
        (["lesion", "toy", "--arm", "a: olive:scale=0"], "allowed there: freeze"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(burstnet, tmp_path, arguments, words):
    code, _, err = burstnet(*arguments)
    assert code == 2 and words in err and len(err.strip().splitlines()) == 1, err
    assert not list(tmp_path.iterdir())


def test_the_estimate_counts_sessions_and_the_list_has_every_setting(burstnet, tmp_path):
    code, _, err = burstnet(
        "run", "toy", "--set", "pause=2", "--set", "late=15", "--seeds", "1:3", "--jobs", "1", "--dry-run"
    )
    assert code == 0 and "about 120 s on target numpy" in err and not list(tmp_path.iterdir())
    code, out, _ = burstnet("list", "toy")
    assert code == 0 and all(name in out for name in ("early", "cells", "rate", "bias")) and "lesion_slots" not in out
    assert out.split("what lesions reach, and how")[1].split()[:3] == ["cortex", "current,", "clamp.bias"]


def test_a_verification_may_hold_lesions_and_claims(burstnet, monkeypatch, tmp_path):
    table = tmp_path / "toy.csv"
    table.write_text(
        "condition,quantity,mean,sd,n,within,bound\n"
        "intact,final_error,0.3,,,,at most\nintact,final_error,0.3,,,,at least\nintact,mean_error,0.4,0,5,0.2,\n"
        "frozen,final_error,0.2,,,,at least\nunknown,final_error,9,0,5,0.1,\n"
    )
    lesioned = {"frozen": verify._Condition({}, 1, 1, protocol="toy", lesions="olive:freeze@5s..")}
    plain = verify._Condition({}, 1, 1, protocol="toy")
    conditions = {"intact": plain, **lesioned, "unknown": dataclasses.replace(plain, known="a page")}
    monkeypatch.setitem(verify.MODELS, "toy", (table, conditions))
    code, out, _ = burstnet("verify", "toy", "--quick", "-o", "out")
    assert code == 1 and "5 quantities, 1 differ" in out and " at least " in out
    rows = json.loads((tmp_path / "out" / "verify.json").read_text())["rows"]
    words = ["reproduced", "differs", "reproduced", "reproduced", "known-difference"]
    assert [row["verdict"] for row in rows] == words and rows[-1]["link"] == "a page"


def test_arrays_of_a_run_that_could_not_be_measured_stay(burstnet, tmp_path):
    def metrics(result):
        raise ValueError("no such curve")

    study = Study(ToyLine(), (Arm("control"),), (3,), circuit=Toy(), metrics=metrics)
    failed = run_study(study, tmp_path / "out", jobs=1, figures=False).failed
    assert "no such curve" in failed["control"][3] and "unmeasured.nc" in failed["control"][3]
    kept = Result.load(tmp_path / "out" / "runs" / "control" / "3" / "unmeasured.nc")
    assert kept.data["error"].shape == (1, 10)
    # tried again, it is whole
    done = run_study(
        Study(ToyLine(), (Arm("control"),), (3,), circuit=Toy(), metrics=ToyLine().metrics), tmp_path / "out", jobs=1
    )
    assert not done.failed and not list((tmp_path / "out").rglob("unmeasured.nc"))
