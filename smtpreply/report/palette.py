"""The colours of the page: an outcome has one, wherever it is drawn.

They are told apart with any kind of colour blindness, on white and on black: a test looks at them
so. As a start served the schemes of Okabe and Ito ("Color universal design", 2008) and of Paul Tol
("Colour schemes", 2021).
"""

from __future__ import annotations

from smtpreply.summary.outcome import Outcome

OUTCOMES = {
    Outcome.DELIVERED: "#0f9d7a",
    Outcome.DEFERRED: "#f2b632",
    Outcome.BOUNCED: "#d1495b",
    Outcome.REJECTED: "#5b5fc7",
    Outcome.OTHER: "#97a3b0",
}
SERIES = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Of things without a colour of their own, such as reasons: Tol's "bright"."""
REST = "#bbbbbb"
