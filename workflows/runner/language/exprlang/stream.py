"""The tokens of an expression, one after the other."""

from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.exprlang.faults import placed
from workflows.runner.language.exprlang.lexer import END, Token, tokens


class Stream:
    """A place among the tokens of one expression.

    Raises:
        ExpressionError: on the way to a token, when the text holds none there.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self._tokens, self._failure = tokens(source)
        self._refuse_what_is_no_token()

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def current(self) -> Token:
        """The token at this place."""
        return self._tokens[self.position]

    @property
    def following(self) -> Token:
        """The token after it."""
        return self._tokens[self.position + 1]

    def at(self, kind: str, *values: str) -> bool:
        """Tell whether the token is of a kind, and one of these."""
        token = self.current
        return token.kind == kind and (not values or token.value in values)

    def next(self) -> Token:
        """Give the token and go on to the next one."""
        token = self.current
        if self.position + 1 < len(self._tokens):
            self.position += 1
            self._refuse_what_is_no_token()
        elif token.kind == END:
            raise self.error("unexpected end of expression")
        return token

    def expect(self, kind: str, *values: str) -> Token:
        """Give a token that has to be of a kind, and go on."""
        if not self.at(kind, *values):
            raise self.unexpected()
        return self.next()

    def error(self, message: str, at: int | None = None) -> ExpressionError:
        """Make an error that points at the token, or at another place."""
        return placed(message, self.source, self.current.at if at is None else at)

    def unexpected(self) -> ExpressionError:
        """Make the error for a token that cannot stand here."""
        return self.error(f"unexpected token {self.current}")

    def _refuse_what_is_no_token(self) -> None:
        if self._failure is not None and self.current.kind == END:
            raise self._failure
