"""Many commands in one round trip, run by a real shell."""

import subprocess

import pytest

from infra.nodes import catalogue, round_trip
from infra.nodes.checks import Check
from infra.nodes.round_trip import GarbledError
from infra.sites import reading


def check(name, command):
    return Check(name, command, lambda _output: None, "")


def ask(*checks):
    done = subprocess.run(
        ["sh", "-c", round_trip.script(checks)], capture_output=True, text=True, check=True
    )
    return round_trip.read(done.stdout, checks)


def test_each_answer_goes_to_its_own_question():
    answers = ask(check("a", "echo one; echo two"), check("b", "true"), check("c", "printf three"))

    assert answers.outputs == {"a": "one\ntwo\n", "b": "", "c": "three\n"}


def test_a_command_that_fails_or_leaves_says_so_and_stops_no_other():
    answers = ask(check("a", "echo bad >&2; exit 3"), check("b", "cd /; pwd"), check("c", "echo '"
                  "quoted \"text\" $HOME'"))  # fmt: skip

    assert answers.outputs == {"a": "bad\n", "b": "/\n", "c": 'quoted "text" $HOME\n'}


def test_a_command_that_reads_input_gets_none():
    assert ask(check("a", "cat"), check("b", "echo still here")).outputs["b"] == "still here\n"


def test_the_clock_is_read_first_and_last():
    first, last = ask(check("a", "sleep 0.05")).clock.split()

    assert float(last) - float(first) >= 0.05


def test_a_banner_before_the_first_line_is_passed_over():
    checks = [check("a", "echo one")]
    done = subprocess.run(
        ["sh", "-c", f"echo Welcome; echo Have fun; {round_trip.script(checks)}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert round_trip.read(done.stdout, checks).outputs == {"a": "one\n"}


@pytest.mark.parametrize(
    "text",
    ["", "Access denied\n", f"1.0\n{round_trip.MARK}\n2.0\n", f"1.0\n{round_trip.MARK}\none\n"],
    ids=["nothing", "a login that is closed", "no answers", "broken off"],
)
def test_fewer_answers_than_questions_are_no_answer(text):
    with pytest.raises(GarbledError) as refusal:
        round_trip.read(text, [check("a", ""), check("b", "")])

    assert str(refusal.value).startswith("it gave 0 answers to 2 questions: ")


@pytest.mark.parametrize("name", ["hosts", "kvm", "microk8s"])
def test_every_command_of_every_site_is_a_command_that_a_shell_reads(name):
    site = reading.load(name)
    for node in site.nodes:
        for wanted in catalogue.for_node(site, node):
            done = subprocess.run(
                ["sh", "-n", "-c", wanted.command], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (wanted.name, done.stderr)


def test_every_check_has_a_name_of_its_own_and_says_what_to_do():
    site = reading.load("kvm")
    checks = catalogue.for_node(site, site.nodes[0])

    names = [wanted.name for wanted in checks]
    assert len(names) == len(set(names)) >= 19
    assert all(wanted.remedy.endswith((".", "NAME.")) for wanted in checks)
