"""Bounces of several servers, as short as they can be: samples for `benchmarks.linear_doors`."""

BOUNCES = {
    "a server with a report": """\
Return-Path: <>
Date: Tue, 24 Nov 2026 11:43:40 +0100
From: MAILER-DAEMON@mx1.example.com (Mail Delivery System)
To: al@example.com
Subject: =?utf-8?q?Undelivered?= Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<bob@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 No=20such user

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx1.example.com
Arrival-Date: Tue, 24 Nov 2026 11:43:30 +0100 (CET)

Final-Recipient: rfc822; bob@example.org
Original-Recipient: rfc822;bob@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>: No such user

--B
Content-Type: message/rfc822

From: al@example.com
Message-ID: <1@example.com>
Subject: hello

--B--""",
    "Exim": """\
From: Mail Delivery System <Mailer-Daemon@mx1.example.com>
To: al@example.com
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: bob@example.org

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    host mx.example.org [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<bob@example.org>:
    550 5.1.1 No such user

------ This is a copy of the message, including all the headers. ------

From: al@example.com
Subject: hello""",
    "qmail": """\
From: MAILER-DAEMON@mx1.example.com
To: al@example.com
Subject: failure notice

Hi. This is the qmail-send program at mx1.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 No such user
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <al@example.com>""",
    "Exchange, in HTML": """\
From: <postmaster@example.org>
To: al@example.com
Subject: Undeliverable: hello
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Delivery has failed to these recipients or groups:</p>
<p><a href=3D"mailto:bob@example.org">bob@example.org</a><br>The email address wasn't found.</p>
<p>Diagnostic information for administrators:</p>
<p>Generating server: mx.example.org</p>
<p>bob@example.org<br>Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'</p>
</body></html>""",
    "a complaint": """\
From: <feedback@example.org>
To: abuse@example.com
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: example/1
Version: 1
Original-Rcpt-To: <bob@example.org>
Source-IP: 192.0.2.1

--B
Content-Type: message/rfc822

From: al@example.com
To: bob@example.org

--B--""",
}
