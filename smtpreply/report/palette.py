"""The colours of the page: an outcome has one, wherever it is drawn.

They are told apart with any kind of colour blindness (Okabe and Ito, "Color universal design",
2008, lightened where two would be alike), on white and on black: a test looks at them so.
"""

from __future__ import annotations

from smtpreply.report.outcome import Outcome

OUTCOMES = {
    Outcome.DELIVERED: "#0f9d7a",
    Outcome.DEFERRED: "#f2b632",
    Outcome.BOUNCED: "#d1495b",
    Outcome.REJECTED: "#5b5fc7",
    Outcome.OTHER: "#97a3b0",
}
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a6d3b")
"""Of things without a colour of their own, such as reasons."""
REST = "#97a3b0"
