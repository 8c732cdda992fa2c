"""Ask OpenStack, by a process in the environment that holds its client libraries."""

import json
import subprocess
import sys
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
    request = json.dumps({"cloud": cloud, "verb": verb, "words": words})
    with subprocess.Popen(
        [str(_python(cloud)), "-W", "ignore", "-m", "infra.provision.cloud.cloudside"],
        cwd=ROOT,
        env=clouds.environment(file),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(request)
        process.stdin.close()
        for line in process.stdout:
            answer = json.loads(line)
            if "waiting" in answer:
                tell(Waiting(answer["waiting"]))
            elif "error" in answer:
                raise CloudError(cloud, answer["error"])
            else:
                return answer["result"]
        said = process.stderr.read().strip().splitlines()
    raise CloudError(cloud, f"the client ended without an answer: {said[-1] if said else ''}")


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
