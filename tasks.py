"""The day-to-day commands: `invoke --list` is the table of contents of this repository."""

from invoke import Collection

from charts import tasks as charts
from infra import tasks as infra
from services import tasks as services
from services.drills import tasks as drills
from services.lifecycle import tasks as lifecycle
from workflows import tasks as workflows

namespace = Collection()
for area in (infra, workflows, lifecycle):
    for name, task in area.TOP.items():
        namespace.add_task(task, name=name)
for name, area in {"workflows": workflows, "charts": charts, "services": services}.items():
    namespace.add_collection(area.namespace, name=name)
namespace.add_collection(drills.namespace, name="drills")
namespace.add_collection(infra.LEASES)
