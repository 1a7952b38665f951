"""Messages that mail libraries write themselves, where no server answered."""

from __future__ import annotations

import pytest

from smtpreply import classify

NETWORK = [
    # Python
    "Connection unexpectedly closed: The read operation timed out",
    "SMTPServerDisconnected: Server not connected",
    "[WinError 10061] No connection could be made because the target machine actively refused it",
    "OSError: [Errno 113] No route to host",
    "[Errno 104] Connection reset by peer",
    "socket.gaierror: [Errno 11001] getaddrinfo failed",
    "[Errno -5] No address associated with hostname",
    "aiosmtplib.errors.SMTPReadTimeoutError: Timed out waiting for server response",
    # Go
    "unexpected EOF",
    "read tcp 192.0.2.1:51510->192.0.2.2:587: read: connection reset by peer",
    "write tcp 192.0.2.1:5->192.0.2.2:587: write: broken pipe",
    "dial tcp: lookup smtp.example.com on 127.0.0.11:53: server misbehaving",
    "use of closed network connection",
    # Ruby
    "Net::ReadTimeout with #<TCPSocket:(closed)>",
    "EOFError: end of file reached",
    'Errno::ECONNREFUSED: Connection refused - connect(2) for "localhost" port 25',
    "Socket::ResolutionError: getaddrinfo(3): Temporary failure in name resolution",
    # Java
    "javax.mail.MessagingException: Could not connect to SMTP host: smtp.example.com, port: 465;",
    "java.net.SocketTimeoutException: Read timed out",
    "javax.mail.MessagingException: Unknown SMTP host: smtp.example.com;",
    "Got bad greeting from SMTP host: smtp.example.com, port: 587, response: [EOF]",
    # Node
    "Error: Connection timeout",
    "Error: Unexpected socket close",
    "Error: getaddrinfo EAI_AGAIN smtp.example.com",
    "Error: connect ETIMEDOUT 192.0.2.1:465",
    # PHP
    "SMTP Error: Could not connect to SMTP host.",
    'Connection to "ssl://smtp.example.com:465" has been closed unexpectedly.',
    "stream_socket_client(): php_network_getaddresses: getaddrinfo failed",
    "Called MAIL FROM without being connected",
    'Expected response code "220" but got an empty response.',
    # .NET
    "An existing connection was forcibly closed by the remote host.",
    "The remote name could not be resolved: 'smtp.example.com'",
    "The operation has timed out.",
    # Rust, Erlang, curl
    "Connection error: Connection refused (os error 111)",
    "failed to lookup address information: Name or service not known",
    "deadline has elapsed",
    '{:error, :retries_exceeded, {:network_failure, "smtp.example.com", {:error, :timeout}}}',
    "{:error, :nxdomain}",
    "Could not resolve host: smtp.example.com",
    "Waiting: 250 messages, timed out",
]

TLS = [
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
    "ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:2396)",
    "x509: certificate is valid for a.example, not b.example",
    "remote error: tls: handshake failure",
    'OpenSSL::SSL::SSLError: hostname "mx.example.com" does not match the server certificate',
    "PKIX path building failed: unable to find valid certification path to requested target",
    "Unrecognized SSL message, plaintext connection?",
    "Error: unable to get local issuer certificate",
    "Client network socket disconnected before secure TLS connection was established",
    "Peer certificate CN=`a.example' did not match expected CN=`b.example'",
    "The remote certificate is invalid: RemoteCertificateNameMismatch",
    "invalid peer certificate: UnknownIssuer",
    "STARTTLS extension not supported by server.",
]

CREDENTIALS = [
    'Error: Missing credentials for "PLAIN"',
    "SMTP Error: Could not authenticate.",
    "smtp: server doesn't support AUTH",
    "MailKit.Security.AuthenticationException: 535: 5.7.8 Authentication failed",
]

EXPIRED = [
    "Maximum number of delivery attempts reached",
    "Delivery expired (message too old)",
    "554 5.4.7 [internal] message timeout (exceeded max time, no server)",
]


@pytest.mark.parametrize("text", NETWORK)
def test_a_connection_that_failed_is_tried_again(text: str) -> None:
    verdict = classify(text)
    assert (verdict.reason.value, verdict.disposition.value) == ("network_error", "retry")
    assert verdict.code is None
    assert not verdict.suppress


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, "tls") for text in TLS),
        *((text, "credentials") for text in CREDENTIALS),
        *((text, "expired") for text in EXPIRED),
    ],
)
def test_other_things_that_fail_at_the_client(text: str, reason: str) -> None:
    verdict = classify(text)
    assert verdict.reason.value == reason
    assert not verdict.suppress


@pytest.mark.parametrize(
    ("text", "reason", "code", "disposition"),
    [
        (
            'Expected response code "221" but got code "250", with message "250 Still here"',
            "protocol_error",
            None,
            "stop",
        ),
        ("unexpected response: 220, expected 250", "protocol_error", None, "stop"),
        (
            'Expected response code 250 but got code "552", with message "552 Mailbox full"',
            "mailbox_full",
            552,
            "stop",
        ),
        ("permanent: mx.example.org Service not available", "not_accepting_mail", None, "stop"),
        ("transient: mx.example.org Service not available", "not_accepting_mail", None, "retry"),
        ("permanent error (550): 5.1.1 No such user", "unknown_recipient", 550, "stop"),
        (
            "Permanent(Code { severity: PermanentNegativeCompletion, "
            "category: MailSystem, detail: Two })",
            "mailbox_full",
            552,
            "stop",
        ),
        (
            "Mailbox unavailable. The server response was: 5.7.1 Unable to relay",
            "relay_denied",
            None,
            "stop",
        ),
        (
            "rejected SMTP code: 550 Additional SMTP info: 5.7.1 Relaying denied",
            "relay_denied",
            550,
            "stop",
        ),
    ],
)
def test_where_libraries_put_the_reply(
    text: str, reason: str, code: int | None, disposition: str
) -> None:
    verdict = classify(text)
    assert (verdict.reason.value, verdict.code, verdict.disposition.value) == (
        reason,
        code,
        disposition,
    )


CLASSES = [
    "MailKit.Net.Smtp.SmtpCommandException",
    "System.Net.Mail.SmtpException",
    "com.sun.mail.smtp.SMTPSendFailedException",
    "Symfony\\Component\\Mailer\\Exception\\TransportException",
    "Net::SMTPFatalError",
]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Mailbox unavailable. User unknown", "unknown_recipient"),
        ("550 5.2.1 Mailbox disabled", "mailbox_disabled"),
        ("Connection timed out", "network_error"),
        ("451 4.3.0 Temporary lookup failure", "system_error"),
    ],
)
def test_a_class_name_is_no_servers_words(name: str, words: str, reason: str) -> None:
    assert classify(f"{name}: {words}").reason.value == reason


@pytest.mark.parametrize("label", ["[ERROR] ", "[WARNING] ", "[SMTP_ERROR]  "])
def test_a_code_stands_after_a_label_in_brackets(label: str) -> None:
    verdict = classify(f"{label}550 Postfach nicht vorhanden")
    assert (verdict.code, verdict.reason.value) == (550, "unknown_recipient")


@pytest.mark.parametrize("words", ["Access denied", "Rejected", "Try again later"])
def test_a_code_of_auth_alone_outweighs_vague_words(words: str) -> None:
    assert classify(f"curl: (67) {words}: 535").reason.value == "credentials"
    assert classify(f"535 {words}").reason.value == "credentials"
