"""When a probe's answers change what is thought of a replica."""

from infra.local.processes.probes import Probe, Watch, read

ASK = {"httpGet": {"path": "/", "port": 1}}


def watch(**facts):
    return Watch(Probe(ASK, **facts), started=100.0)


def test_a_young_replica_may_fail_until_its_patience_ends():
    young = watch(delay=2, period=1, failures=3)

    young.take("no answer", now=104.9)
    assert young.well is None

    young.take("no answer", now=105.0)
    assert young.well is False


def test_a_young_replica_is_asked_eagerly_and_a_grown_one_at_its_period():
    seen = watch(period=10)

    seen.take("no answer", now=101.0)
    assert seen.next_at == 101.1

    seen.take("", now=101.1)
    assert (seen.well, seen.next_at) == (True, 111.1)


def test_one_bad_answer_is_not_enough_and_three_in_a_row_are():
    grown = watch(failures=3)
    grown.take("", now=101)

    for why, expected in (("x", True), ("x", True), ("", True), ("x", True), ("x", True)):
        grown.take(why, now=200)
        assert grown.well is expected
    grown.take("x", now=200)

    assert grown.well is False


def test_success_may_be_asked_for_several_times():
    careful = watch(successes=2)

    careful.take("", now=101)
    assert careful.well is None

    careful.take("", now=101)
    assert careful.well is True


def test_defaults_are_those_of_kubernetes():
    probe = read({"livenessProbe": ASK}, "livenessProbe")

    assert (probe.period, probe.timeout, probe.successes, probe.failures) == (10, 1, 1, 3)
    assert read({}, "livenessProbe") is None
