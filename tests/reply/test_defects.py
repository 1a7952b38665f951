"""Defects as data."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from smtpreply import Defect
from smtpreply.reply.defects import in_order

REFERENCE = re.compile(r"RFC [0-9]{3,4} [0-9]+(\.[0-9]+)*")

OUTSIDE_THE_GRAMMAR = {
    Defect.LINE_TOO_LONG,
    Defect.STATUS_CLASS,
    Defect.STATUS_MISSING,
    Defect.STATUS_CHANGE,
    Defect.STATUS_FORM,
    Defect.STATUS_NUMBER,
}


@pytest.mark.parametrize("defect", Defect)
def test_every_defect_says_what_was_seen_and_which_rule_it_breaks(defect: Defect) -> None:
    assert REFERENCE.fullmatch(defect.reference)
    assert defect.description.endswith(".")


@pytest.mark.parametrize("defect", Defect)
def test_the_value_of_a_defect_is_its_name_in_words(defect: Defect) -> None:
    assert defect.value == defect.name.lower().replace("_", "-")
    assert Defect(defect.value) is defect


@pytest.mark.parametrize("defect", Defect)
def test_a_defect_breaks_the_grammar_unless_it_is_about_length_or_status(defect: Defect) -> None:
    assert defect.in_grammar == (defect not in OUTSIDE_THE_GRAMMAR)


@pytest.mark.parametrize("defect", Defect)
def test_a_defect_stays_itself_when_pickled_and_copied(defect: Defect) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(defect, protocol)) is defect
    assert copy.deepcopy(defect) is defect


def test_no_two_defects_share_a_description() -> None:
    assert len({defect.description for defect in Defect}) == len(Defect)


def test_defects_are_ordered_as_they_are_named_and_named_once() -> None:
    found = [Defect.STATUS_CLASS, Defect.BARE_LF, Defect.STATUS_CLASS, Defect.CODE_CHANGE]
    assert in_order(found) == (Defect.BARE_LF, Defect.CODE_CHANGE, Defect.STATUS_CLASS)


def test_no_defects_are_an_empty_tuple() -> None:
    assert in_order([]) == ()


def test_defects_may_come_from_an_iterator() -> None:
    assert in_order(iter([Defect.FOLDED])) == (Defect.FOLDED,)
