"""Ask OpenStack, by processes in the environment that holds its client libraries."""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.provision.cloud import clouds
from infra.provision.errors import CloudError
from infra.provision.setting import Tell, Waiting

ROOT = Path(__file__).resolve().parents[3]
LOCK = "infra/provision/cloud/requirements.txt"


def ask(file: Path, cloud: str, verb: str, tell: Tell = lambda _: None, **words: Any) -> Any:
    """Have one question answered; `tell` hears what is being waited for.

    Raises:
        CloudError: OpenStack said no, or could not be reached.
    """
    try:
        client = _idle[file].pop()
    except IndexError:
        client = _Client(file, cloud)
    try:
        answer = client.ask({"cloud": cloud, "verb": verb, "words": words}, tell)
    except BaseException:
        client.kill()
        raise
    if answer is None:
        said = client.end()
        raise CloudError(cloud, f"the client ended without an answer: {said}")
    _idle[file].append(client)
    if "error" in answer:
        raise CloudError(cloud, answer["error"])
    return answer["result"]


class _Client:
    """A process that answers one question after another: it takes half a second to start."""

    def __init__(self, file: Path, cloud: str) -> None:
        python = _python(cloud)
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by `end`)
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", "-m", "infra.provision.cloud.cloudside"],
            cwd=ROOT,
            env=clouds.environment(file),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def ask(self, request: dict[str, Any], tell: Tell) -> dict[str, Any] | None:
        """Return its answer, or None where it ended instead."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{json.dumps(request)}\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            answer: dict[str, Any] = json.loads(line)
            if "waiting" not in answer:
                return answer
            tell(Waiting(answer["waiting"]))
        return None

    def end(self) -> str:
        """Let it end, and return the last line that it said of itself."""
        self._process.communicate()
        self._said.seek(0)
        *_, last = ["", *self._said.read().strip().splitlines()]
        self._said.close()
        return last

    def kill(self) -> None:
        """End it in the middle of an answer."""
        self._process.kill()
        self.end()


# By the file that they log in with. Several questions at once have a client each; all end with
# this process, which closes what they read from.
_idle: dict[Path, list[_Client]] = defaultdict(list)


def _python(cloud: str) -> Path:
    made = subprocess.run(
        [sys.executable, "-m", "services.environments", LOCK],
        cwd=ROOT,
        stdout=subprocess.PIPE,  # what it says while it installs goes straight to the person
        text=True,
        check=False,
    )
    if made.returncode:
        raise CloudError(cloud, f"its client libraries ({LOCK}) could not be installed; see above")
    return Path(made.stdout.strip().splitlines()[-1]) / "bin" / "python"
