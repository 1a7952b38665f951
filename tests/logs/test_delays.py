"""`Delivery.delay` is the time since the message arrived, and not how long an attempt took."""

from __future__ import annotations

import pytest

from smtpreply.logs import scan

_POSTFIX = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay={}, delays={}, dsn=2.0.0, status=sent (250 Ok)"
)
_EXIM = (
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd {} bob@example.org R=dnslookup T=remote_smtp "
    "H=mx.example.org [192.0.2.1]{}"
)
_SENDMAIL = (
    "Nov 24 11:43:32 mx sm-mta[42]: 4AOBhVx2012345: to=<bob@example.org>, delay={}{}, "
    "mailer=esmtp, pri=30000, relay=mx.example.org. [192.0.2.1], dsn=2.0.0, stat=Sent (Ok)"
)
_OPENSMTPD = (
    "Nov 24 11:43:32 mx smtpd[42]: 8f26ea98359eccea mta delivery evpid=8f26ea98359eccea "
    'from=<al@example.com> to=<bob@example.org> rcpt=<-> source="203.0.113.1" '
    'relay="192.0.2.1 (mx.example.org)" delay={} result="Ok" stat="250 Ok"'
)
_HARAKA = (
    "2026-11-24T11:43:33.000Z [NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound]  "
    "delivered file=1_2_3_x domain=example.org host=mx.example.org ip=192.0.2.1 port=25 mode=SMTP "
    'tls=Y auth=N response="2.0.0 Ok" delay={} fails=3 rcpts=1/0/1'
)
_POWERMTA = (
    "type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag\n"
    "d,2026-11-24 11:43:32+0100,{},al@example.com,bob@example.org,relayed,2.0.0,smtp;250 Ok"
)
_KUMOMTA = (
    '{{"type": "Delivery", "id": "1d98076abbbc11ed940250ebf67f93bd", "sender": "al@example.com", '
    '"recipient": "bob@example.org", "queue": "example.org", "site": "example.org", "size": 7, '
    '"response": {{"code": 250, "enhanced_code": null, "content": "Ok", "command": null}}, '
    '"peer_address": {{"name": "mx.example.org", "addr": "192.0.2.1"}}, "created": {}, '
    '"timestamp": 1795517012, "num_attempts": 3, "bounce_classification": "Uncategorized"}}'
)
_SES = (
    '{{"notificationType": "Delivery", "mail": {{"timestamp": "2026-11-24T11:43:31.000Z", '
    '"messageId": "1", "source": "al@example.com", "destination": ["bob@example.org"]}}, '
    '"delivery": {{"timestamp": "2026-11-24T11:43:32.000Z", "processingTimeMillis": {}, '
    '"recipients": ["bob@example.org"], "smtpResponse": "250 Ok"}}}}'
)
_SPARKPOST = (
    '{{"msys": {{"message_event": {{"type": "delivery", "event_id": "8", "message_id": "0", '
    '"msg_from": "al@example.com", "rcpt_to": "bob@example.org", "routing_domain": "example.org", '
    '"num_retries": "1", "queue_time": "{}", "timestamp": "1795517012"}}}}}}'
)
_FORTIMAIL = (
    "date=2026-11-24 time=11:43:32.007 device_id=FE1 log_id=0003000121 type=event subtype=smtp "
    'pri=information session_id="5AO9iVcd012350" msg="to=<bob@example.org>, delay={}, '
    'scan_delay=3, data_delay=5, from_ip=203.0.113.9, to_ip=192.0.2.25, mailer=proxy, stat=250 Ok"'
)
_EXCHANGE = (
    "#Software: Microsoft Exchange Server\n#Log-type: Message Tracking Log\n"
    "#Fields: date-time,source-context,source,event-id,recipient-address,recipient-status,"
    "return-path,message-info\n"
    "2026-11-24T11:43:32.000Z,08DF;250 2.6.0 Queued,SMTP,SEND,bob@example.org,250 2.1.5 Ok,"
    "al@example.com,{};SRV=EX01:TOTAL-SUB=1"
)
_REPORT = (
    "Reporting-MTA: dns; mx.example.com\nArrival-Date: Tue, 24 Nov 2026 11:38:31 +0100\n\n"
    "Final-Recipient: rfc822; bob@example.org\nAction: delivered\nStatus: 2.0.0\n"
    "Last-Attempt-Date: Tue, 24 Nov 2026 {} +0100\nDiagnostic-Code: smtp; 250 Ok"
)


@pytest.mark.parametrize(
    ("log", "delay"),
    [
        # Postfix: since the arrival; the times of reception, queue, connection and transmission.
        (_POSTFIX.format("301", "0.1/300/0.5/0.4"), 301),
        # Exim: QT= since the arrival (queue_time), DT= of the attempt (deliver_time).
        (_EXIM.format("=>", ' C="250 Ok" QT=5m1s DT=1s'), 301),
        (_EXIM.format("=>", ' C="250 Ok" QT=1.230s DT=0.200s'), 1.23),
        (_EXIM.format("=>", " QT=5m1s DT=1s"), 301),
        (_EXIM.format("=>", ' C="250 Ok" DT=1s'), None),
        (_EXIM.format("=>", " DT=1s"), None),
        (_EXIM.format("**", ": all hosts failed DT=1s"), None),
        (_EXIM.format("==", " DT=1s: Connection timed out"), None),
        # Sendmail: delay= since the arrival, xdelay= of the attempt, which may be missing.
        (_SENDMAIL.format("00:05:01", ", xdelay=00:00:01"), 301),
        (_SENDMAIL.format("1+00:05:01", ""), 86701),
        # OpenSMTPD: since the envelope was made.
        (_OPENSMTPD.format("5m1s"), 301),
        # Haraka: since the message was queued.
        (_HARAKA.format("301.5"), 301.5),
        # PowerMTA: timeQueued to timeLogged.
        (_POWERMTA.format("2026-11-24 11:38:31+0100"), 301),
        # KumoMTA: created to timestamp.
        (_KUMOMTA.format("1795516711"), 301),
        # Amazon SES: from acceptance to delivery.
        (_SES.format("301000"), 301),
        # SparkPost: in the outgoing queue, in milliseconds.
        (_SPARKPOST.format("301000"), 301),
        # FortiMail's proxy, which queues nothing; scanning and reception have fields of their own.
        (_FORTIMAIL.format("301"), 301),
        # Exchange: from the time in message-info, when the message came into the organization.
        (_EXCHANGE.format("2026-11-24T11:38:31.000Z"), 301),
        # Delivery reports (RFC 3464): Arrival-Date to Last-Attempt-Date.
        (_REPORT.format("11:43:32"), 301),
    ],
)
def test_the_delay_is_since_the_arrival(log: str, delay: float | None) -> None:
    [found] = scan(log.splitlines())
    assert found.delay == delay
