"""The colours of the page: one for each outcome, wherever it is drawn.

They can be distinguished with any kind of colour blindness, on white and on black, which a test
checks. They derive from the schemes of Okabe and Ito ("Color universal design", 2008) and of Paul
Tol ("Colour schemes", 2021).
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
"""For series without a fixed colour, such as reasons: Tol's "bright" scheme."""
REST = "#bbbbbb"
