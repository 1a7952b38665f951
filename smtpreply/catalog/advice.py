"""Advice by class: the client's next step and who must act, where an entry says nothing else.

RFC 5321 4.2.1 and RFC 3463 2 let the first digit decide: 2 is done, 3 goes on, 4 is tried
again, 5 is not tried again unchanged.
"""

from __future__ import annotations

from smtpreply.catalog.entries import NextStep, ResponsibleParty

NEXT_STEP = {
    2: NextStep.NONE,
    3: NextStep.CONTINUE,
    4: NextStep.RETRY,
    5: NextStep.STOP,
}

RESPONSIBLE = {
    2: ResponsibleParty.NOBODY,
    3: ResponsibleParty.CLIENT,
    4: ResponsibleParty.SERVER,
    5: ResponsibleParty.ADMINISTRATOR,
}
