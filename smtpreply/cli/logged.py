"""The verdicts on what bounces, events and the lines of logs report."""

from __future__ import annotations

from collections.abc import Iterator

from smtpreply.errors import MultipleRepliesError
from smtpreply.logs import Delivery, scan
from smtpreply.logs.delivery import known_outcome
from smtpreply.logs.input.sources import Source
from smtpreply.reasons import Classifier, Verdict, default_classifier


def judged(source: Source, classifier: Classifier) -> Iterator[tuple[Delivery, Verdict]]:
    """Yield the deliveries in a log or a bounce that it has words or an outcome for, judged.

    Where there are no words, the outcome decides: what was delivered is accepted, and what was put
    off is tried again.

    Args:
        source: as for `smtpreply.logs.scan`.
        classifier: gives the verdicts.

    >>> line = "Nov 24 11:43:32 mx dma[17c0.560e2b2000]: <bob@example.org> delivery successful"
    >>> [(delivery.mta, verdict.reason.value) for delivery, verdict in judged(
    ...     [line], default_classifier()
    ... )]
    [('dma', 'accepted')]
    """
    for delivery in scan(source):
        if delivery.text is not None or delivery.status is not None:
            yield delivery, _verdict_on(delivery, classifier)


def _verdict_on(delivery: Delivery, classifier: Classifier) -> Verdict:
    if classifier is default_classifier() and delivery.verdict is not None:
        return delivery.verdict
    text = delivery.text or ""
    outcome = known_outcome(delivery.status, delivery.direction)
    try:
        verdict = classifier.classify(
            delivery.reply or text, stage=delivery.stage, status=delivery.dsn, outcome=outcome
        )
    except MultipleRepliesError:
        return classifier.undecided(text)
    return delivery.bounded(verdict)
