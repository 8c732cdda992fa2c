"""Every check there is: `./run nox` runs those that need no cluster.

Sessions use the tools' environment that `./run` made (.venv) and, for a service, the
environment of that service with what its tests add. Both are made once, by content.
Sessions tagged `live` or `long` say what else they need, and run only when named.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import nox

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "none"
nox.options.error_on_missing_interpreters = True

HERE = Path(__file__).parent
# Files go side by side, since most of their time is waiting for processes; the tests of one
# file stay together, since they share a site, a server or machines.
WORKERS = str(min(os.cpu_count() or 1, 8) + 1)
SIDE_BY_SIDE = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder")
# Seconds that tests get after Ctrl-C to take down sites, machines and servers.
PATIENCE = 120.0
# What has tests whose order can change.
SUITE = (
    "unit", "workflows", "services", "local", "browser", "terraform", "playbooks", "nodes",
    "provision",
)  # fmt: skip
PYTHON = [
    path
    for path in (
        "tasks.py",
        "noxfile.py",
        "infra",
        "playbooks",
        "charts",
        "workflows",
        "services",
        "tests",
    )
    if (HERE / path).exists()
]
LOCKS = {
    "requirements": [],
    "infra/local/mlflow": [],
    "services/classifier/requirements": [],
    "infra/provision/cloud/requirements": [],
    "tests/openstack/requirements": [],
    "playbooks/requirements": [],
    "playbooks/kubespray/requirements": [],
    "tests/nodes/requirements": [],
    "services/lifecycle/requirements": [],
    "services/classifier/requirements-test": ["services/classifier/requirements"],
    "services/lifecycle/requirements-test": ["services/lifecycle/requirements"],
}


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff and yamllint: style, and mistakes that can be seen without running."""
    session.run("ruff", "check", *PYTHON)
    session.run("ruff", "format", "--check", *PYTHON)
    session.run(
        "yamllint", "--strict", "workflows", "charts", "infra", "playbooks", ".github/workflows"
    )


@nox.session
def types(session: nox.Session) -> None:
    """Mypy in strict mode."""
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """The directions in which areas may import one another."""
    session.run("lint-imports", "--no-cache")


@nox.session
def unit(session: nox.Session) -> None:
    """Judgements and pure functions; node checks over real sshd on loopback."""
    install_in_ci(session, "openssh-server", needs=("sshd",))
    session.run("pytest", *SIDE_BY_SIDE, "tests/unit", *session.posargs)


@nox.session
def workflows(session: nox.Session) -> None:
    """The runner against its own cases, the real controller's records, and bad files."""
    session.run("pytest", *SIDE_BY_SIDE, "tests/workflows", *session.posargs)


@nox.session(default=False, tags=["long"])
def argo(session: nox.Session) -> None:
    """Argo's own linter on our workflow files, once they change; it is built first, in minutes."""
    session.run("python", "-m", "workflows.argo_lint", *session.posargs)


@nox.session
def services(session: nox.Session) -> None:
    """Classifier, trainer and lifecycle, each in its own environment, with real servers."""
    tests = {
        name: [environment(session, HERE / "services" / name), "-um", "pytest", *session.posargs]
        for name in ("classifier", "lifecycle", "trainer")
    }
    session.run(*tests["classifier"], *SIDE_BY_SIDE, "tests/services/classifier", external=True)
    # What takes longest begins first.
    top = HERE / "tests" / "services" / "lifecycle"
    parts = {file.relative_to(top).parts[0] for file in top.rglob("test_*.py")}
    order = sorted(parts, key=lambda part: (part not in ("faults", "transaction"), part))
    at_once(
        session,
        lifecycle=[*tests["lifecycle"], *SIDE_BY_SIDE, *(str(top / part) for part in order)],
        trainer=[*tests["trainer"], "tests/services/trainer"],
    )


@nox.session
def local(session: nox.Session) -> None:
    """The local site with real processes, then the main job on it from end to end."""
    tests = ["python", "-um", "pytest", "-m", "not slow", *session.posargs]
    promotions, kills = "tests/lifecycle/promotions", "tests/lifecycle/kills"
    at_once(
        session,
        local=[*tests, *SIDE_BY_SIDE, promotions, "tests/local"],
        # These share one site, which is brought to canary once.
        lifecycle=[*tests, "tests/lifecycle", f"--ignore={promotions}", f"--ignore={kills}"],
    )


@nox.session
def browser(session: nox.Session) -> None:
    """The app's page in headless Chromium."""
    install_in_ci(session, "chromium", "chromium-driver", needs=("chromium", "chromedriver"))
    python = environment(session, HERE / "services" / "classifier")
    session.run(python, "-m", "pytest", "tests/browser", *session.posargs, external=True)


@nox.session(default=False, tags=["live"])
def staging(session: nox.Session) -> None:
    """The staging tests against any environment: nox -s staging -- --url http://..."""
    if not session.posargs:
        session.skip("name the environment: ./run nox -s staging -- --url http://ADDRESS")
    python = environment(session, HERE / "services" / "lifecycle")
    session.run(python, "-m", "pytest", "tests/staging", *session.posargs, external=True)


@nox.session
def terraform(session: nox.Session) -> None:
    """The Terraform files and their refusals; needs terraform, and Go for the provider."""
    session.run("pytest", "tests/terraform", *session.posargs)


@nox.session
def playbooks(session: nox.Session) -> None:
    """Ansible on real machines, twice each; needs root and Debian packages."""
    install_machines(session)
    pytest = ["python", "-um", "pytest", *session.posargs]
    files = {file.stem: str(file) for file in HERE.glob("tests/playbooks/test_*.py")}
    # Swap is one for all machines here, and whoever prepares another would turn it off.
    swap = files.pop("test_swap")
    alone = [files.pop(f"test_{name}") for name in ("events", "lint", "mirrors")]
    at_once(
        session,
        hosts=[*pytest, "tests/hosts", swap],
        kubespray=[*pytest, "tests/kubespray"],
        alone=[*pytest, *alone],
    )
    # The longest begins first.
    longest = files.pop("test_prepare")
    session.run(
        *pytest, *SIDE_BY_SIDE, longest, *sorted(files.values()),
        interrupt_timeout=PATIENCE, success_codes=good_codes(session),
    )  # fmt: skip


@nox.session
def nodes(session: nox.Session) -> None:
    """Each check of the audit against its violation; nox -s nodes -- --site NAME audits a site."""
    if session.posargs:
        session.run("python", "-m", "infra.audit", *session.posargs)
        return
    install_machines(session)
    python = environment(session, HERE / "tests" / "nodes")
    proofs = ["-c", "tests/nodes/pytest.ini", "--rootdir=.", "tests/nodes/proofs"]
    at_once(
        session,
        stage=["python", "-um", "pytest", "tests/nodes/stage"],
        proofs=[python, "-um", "pytest", *SIDE_BY_SIDE, *proofs],
    )


@nox.session
def provision(session: nox.Session) -> None:
    """From a cloud account to audited nodes, on a real OpenStack; needs root, Debian packages."""
    install_machines(session)
    install_in_ci(
        session, "mariadb-server", "rabbitmq-server", needs=("mariadbd", "rabbitmq-server")
    )
    tests = ["tests/openstack", "--ignore=tests/openstack/test_kills.py", *session.posargs]
    session.run("pytest", *tests, interrupt_timeout=PATIENCE, success_codes=good_codes(session))


@nox.session(default=False, tags=["long"])
def killed(session: nox.Session) -> None:
    """Provisioning of bare machines, killed at random 50 times: nox -s killed -- 50."""
    install_machines(session)
    count = session.posargs[0] if session.posargs else "50"
    session.run(
        "pytest", "-s", "tests/openstack/test_kills.py", env={"GOURMET_KILLS": count},
        interrupt_timeout=PATIENCE,
    )  # fmt: skip


@nox.session(default=False, tags=["long"])
def lifecycle(session: nox.Session) -> None:
    """What takes minutes on a real site: the judge's steps, plans and approvals, some kills."""
    session.run(
        "pytest", "-m", "slow", "tests/lifecycle", *session.posargs, interrupt_timeout=PATIENCE
    )


@nox.session(default=False, tags=["long"])
def drills(session: nox.Session) -> None:
    """Every drill: a broken model, data set or machine on its way through a real site."""
    session.run("pytest", "tests/drills", *session.posargs, interrupt_timeout=PATIENCE)


@nox.session(default=False, tags=["long"])
def kills(session: nox.Session) -> None:
    """1000 kills with people reading, 100 races of 50, every instant: nox -s kills -- 1000."""
    count = session.posargs[0] if session.posargs else "1000"
    python = environment(session, HERE / "services" / "lifecycle")
    within = (
        "tests/services/lifecycle/faults/test_race.py",
        "tests/services/lifecycle/transaction",
    )
    more = ("env", "GOURMETOPS_RACES=100", f"GOURMETOPS_KILLS={count}")
    at_once(
        session,
        site=[*more, "python", "-um", "pytest", "-s", "tests/lifecycle/kills"],
        within=[*more, python, "-um", "pytest", *within],
    )


@nox.session(default=False, tags=["long"])
def shuffled(session: nox.Session) -> None:
    """The suite in other orders while a core is kept busy: nox -s shuffled -- 10 [SESSION ...]."""
    rounds, *names = session.posargs or ["10"]
    with _started([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            for _ in range(int(rounds)):
                order = {"GOURMETOPS_SHUFFLE": str(secrets.randbelow(10**6))}
                session.run("nox", "-s", *(names or SUITE), env=order, interrupt_timeout=PATIENCE)
        finally:
            busy.kill()


@nox.session(default=False, tags=["long"])
def bench(session: nox.Session) -> None:
    """Every figure that we state, next to what it is compared with."""
    for script in sorted((HERE / "tests").rglob("bench*.py")):
        path = script.relative_to(HERE)
        session.log(f"{path}")
        python = "python"
        if path.parts[:2] == ("tests", "services"):
            python = environment(session, HERE / "services" / path.parts[2])
        module = ".".join(path.with_suffix("").parts)
        session.run(python, "-m", module, *session.posargs, external=True)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Pin every requirement anew, with hashes and without an index address."""
    compile_ = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
    ]
    compile_ += ["--no-emit-index-url", "--no-header", "--no-annotate"]
    compile_ += ["--upgrade"] if "--upgrade" in session.posargs else []
    for name, constraints in LOCKS.items():
        if not (HERE / f"{name}.in").exists():
            session.error(f"{name}.in is listed in LOCKS and is not there")
        limits = [part for each in constraints for part in ("-c", f"{each}.txt")]
        session.run(*compile_, *limits, "-o", f"{name}.txt", f"{name}.in")
    # One resolution, cut in two: services/trainer/torch.in says why.
    whole = Path(session.create_tmp()) / "trainer.txt"
    trainer = HERE / "services" / "trainer"
    whole.write_text(
        (trainer / "requirements.txt").read_text() + (trainer / "torch.txt").read_text()
    )
    both = ["services/trainer/requirements.in", "services/trainer/torch.in"]
    session.run(*compile_, "-o", str(whole), *both)
    session.run("python", "-m", "services.trainer.locks", str(whole))


def at_once(session: nox.Session, **commands: Sequence[str]) -> None:
    """Run commands side by side, each line under the name of who printed it; all must end well."""
    with ExitStack() as stack, ThreadPoolExecutor(len(commands)) as readers:
        running = {name: stack.enter_context(_started(line)) for name, line in commands.items()}
        told = [readers.submit(_tell, name, process) for name, process in running.items()]
        try:
            for each in told:
                each.result()
        except BaseException:
            # As Ctrl-C at a terminal would; then they take down what they have started.
            for process in running.values():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)
            raise
    good = good_codes(session)
    if bad := [name for name, process in running.items() if process.wait() not in good]:
        session.error(f"{' and '.join(bad)} failed")


def good_codes(session: nox.Session) -> list[int]:
    """Return how pytest may end: with no test at all only where somebody has chosen some."""
    return [0, 5] if session.posargs else [0]


def _started(command: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip


def _tell(name: str, process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    for line in process.stdout:
        print(f"{name:<10} {line}", end="", flush=True)


def environment(session: nox.Session, folder: Path) -> str:
    """Return the Python of the environment that a folder locks, with what its tests add."""
    files = [folder / "requirements.txt", folder / "torch.txt", folder / "requirements-test.txt"]
    there = [str(file) for file in files if file.exists()]
    printed = session.run("python", "-m", "services.environments", *there, silent=True)
    return f"{str(printed).splitlines()[-1]}/bin/python"


def install_machines(session: nox.Session) -> None:
    """Install what test machines need: nspawn, a way to make Debian, OpenSSH, modprobe."""
    packages = ("systemd-container", "mmdebstrap", "openssh-server", "iproute2", "kmod")
    needs = ("systemd-nspawn", "mmdebstrap", "sshd", "ip", "modprobe")
    install_in_ci(session, *packages, needs=needs)


def install_in_ci(session: nox.Session, *packages: str, needs: tuple[str, ...]) -> None:
    """Install Debian packages where CI runs as root; elsewhere the tests say what is missing."""
    if os.environ.get("CI") and os.geteuid() == 0 and not all(map(shutil.which, needs)):
        session.run("apt-get", "-qq", "update", external=True)
        session.run("apt-get", "-qq", "install", "--yes", *packages, external=True, silent=True)
