"""How far Kubespray is, told from the events of playbooks/run."""

from infra.kubespray.progress import Progress

TASKS = [
    ("", "Check 2.18.0 <= Ansible version < 2.19.0"),
    ("kubernetes/preinstall", "Stop if bad hostname"),
    ("kubernetes/preinstall", "kubernetes/preinstall : Create kubernetes directories"),
    ("etcd", "Gen_certs | Write node certs to other etcd nodes"),
    ("kubernetes/preinstall", "Run handlers"),
]


def heard(*more):
    progress, said = Progress(), []
    for number, (role, task) in enumerate(TASKS, 1):
        facts = {"event": "task", "role": role, "task": task, "number": number}
        said.append(progress.hear(facts))
    said += [progress.hear(event) for event in more]
    return progress, [sentence for sentence in said if sentence]


def failed(host, said, **more):
    facts = {"host": host, "role": "etcd", "task": "Configure | Wait for etcd cluster"}
    return {"event": "failed", **facts, "said": said, "ignored": False, **more}


def test_each_role_is_told_when_it_begins():
    progress, said = heard()

    assert said == [
        "kubernetes/preinstall (from task 2)",
        "etcd (from task 4)",
        "kubernetes/preinstall again (from task 5)",
    ]
    assert progress.waiting() == "task 5, kubernetes/preinstall: Run handlers"


def test_the_last_failed_task_is_told_with_every_host_and_what_it_said():
    progress, _ = heard(
        failed("node1", "refused", ignored=True),
        failed("node2", "no leader\nwithin 60 s"),
        failed("node3", "no leader"),
        {"event": "end", "status": "failed"},
    )

    assert progress.status == "failed"
    assert progress.last_failure() == (
        "etcd ► Configure | Wait for etcd cluster failed on node2 and node3:\n"
        "  node2: no leader\n    within 60 s\n"
        "  node3: no leader"
    )


def test_a_host_that_went_away_is_told_with_the_task_that_ran():
    progress, _ = heard({"event": "unreachable", "host": "node2", "said": "timed out"})

    assert "failed on node2:\n  node2: unreachable: timed out" in progress.last_failure()


def test_what_was_rescued_or_ignored_is_no_failure():
    progress, _ = heard(failed("node1", "a", ignored=True), failed("node1", "b", rescued=True))

    assert progress.failures == []


def test_a_run_that_never_began_says_what_ansible_said():
    progress, _ = heard({"event": "end", "status": "refused", "said": "no such inventory"})

    assert progress.last_failure() == "no such inventory"
