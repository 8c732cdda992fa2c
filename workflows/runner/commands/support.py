"""`support`: every field of Argo's schema, and what this runner does with it."""

import sys

from workflows.runner.check.support import Form, render, support_table


def support(form: Form) -> int:
    """Print the table."""
    sys.stdout.write(render(support_table(), form) + "\n")
    return 0
