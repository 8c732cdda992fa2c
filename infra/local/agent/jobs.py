"""Jobs: run to their end once, tried again as often as they allow."""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.local import state as files
from infra.local.desired.manifests import Desired, Manifest
from infra.local.errors import PodError
from infra.local.processes import ends
from infra.local.processes.keeper import Keeper
from infra.local.processes.replicas import TERMINATED, Replica
from infra.local.supervisor.supervision import Process

TRIES = 6
COMPLETE, FAILED, RUNNING = "Complete", "Failed", "Running"


@dataclass
class Record:
    """How far a Job has come."""

    template: str
    state: str = RUNNING
    failed: int = 0
    message: str = ""
    began: float = field(default_factory=time.time)
    again_at: float = 0


@dataclass
class Jobs:
    """Brings every Job to its end."""

    keeper: Keeper
    records: dict[str, Record] = field(default_factory=dict)

    def load(self) -> None:
        """Read how far the Jobs had come under an earlier agent."""
        for path in self._folder.glob("*.json"):
            text: dict[str, Any] = files.read_json(path)
            self.records[text.pop("key")] = Record(**text)

    def tick(self, desired: Desired, processes: dict[str, Process]) -> None:
        """Start, judge and end what is due."""
        wanted = desired.of("Job")
        for key, manifest in wanted.items():
            self._steer(key, manifest, processes)
        for replica in list(self.keeper.store.all.values()):
            if replica.kind == "Job" and replica.owned_by not in wanted:
                self._end(replica, processes)
        for key in self.records.keys() - wanted.keys():
            self.records.pop(key)
            self._file(key).unlink(missing_ok=True)

    def _steer(self, key: str, manifest: Manifest, processes: dict[str, Process]) -> None:
        template = manifest.template
        record = self.records.get(key)
        if record is None or record.template != template:
            record = self.records[key] = Record(template)
            self._save(key)
        attempts = self.keeper.store.of("Job", manifest.namespace, manifest.name)
        for attempt in attempts:
            if attempt.template != template or record.state != RUNNING:
                self._end(attempt, processes)
            elif attempt.state == TERMINATED:
                self._judge(record, manifest, attempt)
                self.keeper.gone(attempt, processes)
                self._save(key)
            elif self._is_late(record, manifest):
                record.state, record.message = FAILED, "DeadlineExceeded: it ran for too long"
                self._save(key)
        if record.state == RUNNING and not attempts and time.time() >= record.again_at:
            self._begin(record, manifest)

    def _begin(self, record: Record, manifest: Manifest) -> None:
        try:
            self.keeper.store.create(manifest)
        except PodError as error:
            record.message = str(error)

    def _judge(self, record: Record, manifest: Manifest, attempt: Replica) -> None:
        if attempt.exit_code == 0:
            record.state, record.message = COMPLETE, ""
            return
        record.failed += 1
        record.message = f"{attempt.last_reason}: {attempt.message}"
        record.again_at = time.time() + ends.delay(record.failed + 1)
        if record.failed > manifest.spec.get("backoffLimit", TRIES):
            record.state = FAILED
            record.message = f"BackoffLimitExceeded: {record.message}"

    def _is_late(self, record: Record, manifest: Manifest) -> bool:
        limit = manifest.spec.get("activeDeadlineSeconds")
        return limit is not None and time.time() - record.began > limit

    def _end(self, attempt: Replica, processes: dict[str, Process]) -> None:
        if not self.keeper.gone(attempt, processes):
            attempt.retiring = True
            self.keeper.stop(attempt)

    @property
    def _folder(self) -> Path:
        return self.keeper.store.site.state.supervisor / "jobs"

    def _file(self, key: str) -> Path:
        return self._folder / f"{key.replace('/', '.')}.json"

    def _save(self, key: str) -> None:
        files.write_json(self._file(key), {"key": key, **asdict(self.records[key])})
