"""`Several`: options that may be repeated, or name several values with commas between them."""

from __future__ import annotations

from collections.abc import Sequence

import click


class Several:
    """A callback for an option with ``multiple=True``: its values, however they were given.

    Args:
        choices: the values that there are; any for none.
        listing: where they are listed, if they are too many for a message.
    """

    def __init__(self, choices: Sequence[str] = (), listing: str | None = None) -> None:
        self._choices = choices
        self._listing = listing

    def __call__(
        self, ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the values.

        Raises:
            click.BadParameter: a value is no choice.
        """
        values = tuple(
            stripped for text in given for value in text.split(",") if (stripped := value.strip())
        )
        if given and not values:
            raise click.BadParameter("is empty", ctx=ctx, param=param)
        for value in values:
            if self._choices and value not in self._choices:
                from difflib import get_close_matches  # noqa: PLC0415  (5 ms)

                close = get_close_matches(value, self._choices, n=3) or self._choices
                there_are = f"there are: {', '.join(close)}"
                if close is self._choices and self._listing is not None:
                    there_are = f"see {self._listing}"
                raise click.BadParameter(
                    f"no such value: {value!r}; {there_are}", ctx=ctx, param=param
                )
        return values
