"""Values of codes."""

from __future__ import annotations

import copy
import pickle

import pytest

from smtpreply import EnhancedStatus, ReplyClass, ReplySubject, ReplySyntaxError

NO_STATUSES = [
    "",
    "5",
    "5.1",
    "5.1.1.1",
    "5.1.",
    ".1.1",
    "5..1",
    "0.1.1",
    "1.1.1",
    "3.1.1",
    "6.1.1",
    "50.1.1",
    "5.01.1",
    "5.1.01",
    "5.00.0",
    "5.1000.1",
    "5.1.1000",
    "5.1.1 ",
    " 5.1.1",
    "5.1.1\n",
    "5.1.1:",
    "#5.1.1",
    "5,1,1",
    "5.+1.1",
    "5.-1.1",
    "5.1_0.1",
    "5.１.1",
    "٥.١.١",
    "X.1.1",
]


def test_a_class_equals_its_digit_and_carries_its_words() -> None:
    assert [(int(item), item.label) for item in ReplyClass] == [
        (2, "2xx Positive Completion"),
        (3, "3xx Positive Intermediate"),
        (4, "4xx Transient Negative Completion"),
        (5, "5xx Permanent Negative Completion"),
    ]
    assert ReplyClass(4) is ReplyClass.TRANSIENT_NEGATIVE
    assert set(ReplyClass) == {2, 3, 4, 5}


def test_a_subject_equals_its_digit_and_carries_its_words() -> None:
    assert [item.name for item in ReplySubject] == [
        "SYNTAX",
        "INFORMATION",
        "CONNECTIONS",
        "UNSPECIFIED_3",
        "UNSPECIFIED_4",
        "MAIL_SYSTEM",
    ]
    assert ReplySubject(5).label == "x5z Mail system"
    assert set(ReplySubject) == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("item", [*ReplyClass, *ReplySubject])
def test_every_class_and_subject_has_a_label_with_its_digit_and_a_description(
    item: ReplyClass | ReplySubject,
) -> None:
    assert str(int(item)) in item.label
    assert item.description.endswith(".")


@pytest.mark.parametrize("digit", [0, 1, 6])
def test_no_reply_class_has_another_digit(digit: int) -> None:
    with pytest.raises(ValueError, match=str(digit)):
        ReplyClass(digit)


@pytest.mark.parametrize("item", [*ReplyClass, *ReplySubject])
def test_classes_and_subjects_stay_themselves_when_pickled_and_copied(
    item: ReplyClass | ReplySubject,
) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(item, protocol)) is item
    assert copy.deepcopy(item) is item


@pytest.mark.parametrize(
    ("text", "class_", "subject", "detail"),
    [
        ("2.0.0", 2, 0, 0),
        ("5.1.1", 5, 1, 1),
        ("4.7.650", 4, 7, 650),  # Microsoft; smtp-proto (Rust) makes 4.7.255 of it
        ("5.7.509", 5, 7, 509),  # Microsoft
        ("5.999.999", 5, 999, 999),
    ],
)
def test_an_enhanced_status_is_read_whole(
    text: str, class_: int, subject: int, detail: int
) -> None:
    status = EnhancedStatus.parse(text)
    assert status == EnhancedStatus(class_, subject, detail)
    assert (status.class_, status.subject, status.detail) == (class_, subject, detail)
    assert str(status) == text


@pytest.mark.parametrize("text", NO_STATUSES)
def test_what_is_no_enhanced_status_is_an_error(text: str) -> None:
    with pytest.raises(ReplySyntaxError, match="no enhanced status code"):
        EnhancedStatus.parse(text)


def test_enhanced_statuses_order_as_numbers() -> None:
    texts = ["2.0.0", "4.7.9", "4.7.10", "4.7.650", "4.10.0", "5.0.0", "5.1.1"]
    statuses = [EnhancedStatus.parse(text) for text in sorted(texts)]
    assert [str(status) for status in sorted(statuses)] == texts
    assert max(statuses) == EnhancedStatus(5, 1, 1)


def test_an_enhanced_status_has_the_reply_class_of_its_first_digit() -> None:
    assert EnhancedStatus(4, 2, 2).reply_class is ReplyClass.TRANSIENT_NEGATIVE
    assert EnhancedStatus(2, 1, 5).reply_class is ReplyClass.POSITIVE_COMPLETION
    assert EnhancedStatus(5, 1, 1).reply_class is ReplyClass.PERMANENT_NEGATIVE


@pytest.mark.parametrize(
    ("class_", "subject", "detail"),
    [(3, 0, 0), (1, 0, 0), (5, 1000, 0), (5, 0, 1000), (5, -1, 0), (5, 0, -1)],
)
def test_a_status_that_cannot_be_is_never_made(class_: int, subject: int, detail: int) -> None:
    with pytest.raises(ValueError, match=r"class_|subject|detail"):
        EnhancedStatus(class_, subject, detail)


def test_an_enhanced_status_is_a_value() -> None:
    status = EnhancedStatus(5, 1, 1)
    assert hash(status) == hash(EnhancedStatus.parse("5.1.1"))
    assert status != EnhancedStatus(5, 1, 10)
    assert copy.deepcopy(status) == status
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(status, protocol)) == status


def test_an_enhanced_status_is_slotted_and_never_changes() -> None:
    status = EnhancedStatus(5, 1, 1)
    assert not hasattr(status, "__dict__")
    with pytest.raises(AttributeError):
        status.detail = 2  # type: ignore[misc]
