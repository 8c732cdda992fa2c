"""What can be wrong with text written in one of Argo's small languages.

* LanguageError
  * ManifestError    a file is not YAML or JSON as Kubernetes reads it
  * TagError         a {{...}} cannot be filled in
    * UnresolvedError  ... because what it names does not exist (yet)
  * ExpressionError  an expression does not compile, or fails when it is run
    * RegexError       ... because of a pattern in it (in `goregex`)
  * ConditionError   a `when` is malformed or is not a truth value
  * ScheduleError    a cron schedule or its time zone is malformed
  * DurationError    a duration is malformed
  * PathError        a path, filter or selector is malformed or finds nothing
  * UnknownResultError  a `depends` asks for a result that no task has (in `depends`)

The messages are those of the libraries that Argo uses, because people (and Argo's own
tests) recognise them; the caller adds the node and the field.
"""


class LanguageError(ValueError):
    """Base of everything that this layer raises on purpose."""


class ManifestError(LanguageError):
    """A file is not YAML or JSON as Kubernetes reads it."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        self.file = file
        self.line = line
        self.problem = problem
        super().__init__(f"{file}:{line}: {problem}")


class TagError(LanguageError):
    """A {{...}} cannot be filled in."""


class UnresolvedError(TagError):
    """A {{...}} names something that does not exist, now or ever."""


class ExpressionError(LanguageError):
    """An expression does not compile, or fails when it is run."""


class ConditionError(LanguageError):
    """A `when` is malformed or is not a truth value."""


class ScheduleError(LanguageError):
    """A cron schedule or its time zone is malformed."""


class DurationError(LanguageError):
    """A duration is malformed."""


class PathError(LanguageError):
    """A path, filter or selector is malformed or finds nothing."""
