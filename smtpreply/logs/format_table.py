"""The signs by which a line's format is found, without importing the format's module.

Generated from the modules of `smtpreply.logs.formats`: do not edit, but run
``python -m smtpreply.logs.make_format_table``.
"""
# ruff: noqa: E501, Q000  (a row is a line, as Python prints it)
# fmt: off

# In the order in which they are tried: name, module, programs, needles, members, whether it claims
# sources.
FORMATS: tuple[tuple[str, str, str | None, tuple[str, ...], tuple[str, ...], bool], ...] = (
    ('barracuda', 'barracuda', '(?:outbound/smtp|inbound/pass[0-9]?|scan)\\Z', (' SEND ', ' RECV ', ' SCAN '), (), False),
    ('domino', 'domino', None, ('SMTPClient: ',), (), False),
    ('iis-smtp', 'iis_smtp', None, ('OutboundConnection', 'SMTPSVC'), (), True),
    ('postfix', 'postfix', 'postfix(?:[/@-]|\\Z)|[^/]+/(?:smtpd?|lmtp|local|virtual|pipe|qmgr|cleanup|bounce|error)\\Z', ('status=', 'host ', 'reject', ': hold: ', ': discard: ', ': filter: ', 'proxy-a', 'milter-', ': from=<', 'message-id=', ': removed', 'released from', ': client=', 'SASL auth', ': uid=', 'enabling PIX', 'lost connection', 'conversation with'), (), False),
    ('dovecot', 'dovecot', 'dovecot', ('lmtp(', 'lda(', 'deliver(', 'submission(', '-login: '), (), False),
    ('fortimail', 'fortimail', None, ('log_id=',), (), False),
    ('postal-worker', 'postal_worker', None, ('DEBUG   ', 'INFO    ', 'WARN    ', 'ERROR   ', 'FATAL   '), (), False),
    ('rspamd', 'rspamd', 'rspamd', ('>; ',), (), False),
    ('exim', 'exim', 'exim', ('-', ' R=', 'LOG: '), (), False),
    ('qmail', 'qmail', 'qmail|notqmail|rblsmtpd|smtpd\\Z|[0-9]{1,20}\\Z', ('delivery ', ' msg ', 'status: local', 'bounce: ', 'rblsmtpd: ', 'Reject::', 'Accept::', 'Remote_host_said:_', 'Remote host', 'qmail-smtpd: pid'), (), False),
    ('amavis', 'amavis', 'amavis', (') Blocked ', ') Passed '), (), False),
    ('assp', 'assp', '(?:assp|spambox)(?:\\.pl)?\\Z', ('Jan-', 'Feb-', 'Mar-', 'Apr-', 'May-', 'Jun-', 'Jul-', 'Aug-', 'Sep-', 'Oct-', 'Nov-', 'Dec-'), (), False),
    ('cisco-esa', 'cisco_esa', '(?i:mail_?logs?|iron_?port|esa)\\Z', ('DCID', 'MID ', 'ICID ', ' Response: ', " Rcvd: '", " Sent: '", "Sent to '", "Rcvd from '"), (), False),
    ('courier', 'courier', 'courier', (',addr=<', 'error,relay='), (), False),
    ('dma', 'dma', 'dma\\Z', ('dma[',), (), False),
    ('exchange-online', 'exchange_online', None, ('ecipient_status', 'enderAddress', 'essageTraceId'), ('enderAddress', 'essageTraceId'), True),
    ('exchange-smtp', 'exchange_smtp', None, ('Z,', 'session-id'), (), True),
    ('exchange-status', 'exchange_status', None, ('{LED=', 'LastError', 'Last Error'), (), False),
    ('exchange-tracking', 'exchange_tracking', None, ('Z,', 'ecipient-status', 'ecipientStatus', 'ecipient_status'), (), True),
    ('google-workspace', 'google_workspace', None, ('SMTP reply code', 'message_info'), ('"gmail"', '"message_info"'), True),
    ('haraka', 'haraka', 'haraka', ('[outbound] ', '[PROTOCOL] [', '[NOTICE] [', '[INFO] [', '[WARN] [', '[ERROR] [', 'uuid=', '"uuid"'), ('"uuid"',), False),
    ('hmailserver', 'hmailserver', None, ('"SMTP', '"APPLICATION"', '"TCPIP"', '"DEBUG"'), (), False),
    ('kerio', 'kerio', 'mail\\Z', ('Queue-ID: ',), (), False),
    ('maddy', 'maddy', 'maddy\\Z', ('\t{', '"msg_id"', '"smtp_code"', '(msg ID = ', ' smtp: ', ' submission: '), (), False),
    ('mdaemon', 'mdaemon', None, ('Mon 2', 'Tue 2', 'Wed 2', 'Thu 2', 'Fri 2', 'Sat 2', 'Sun 2'), (), False),
    ('momentum', 'momentum', None, ('@D@', '@T@', '@P@', '@B@', '@R@', '@X@', '@@@@M', ': Marker 1', ': R="'), (), False),
    ('msmtp', 'msmtp', 'msmtp\\Z', (' recipients=',), (), False),
    ('nullmailer', 'nullmailer', 'nullmailer', ('smtp: Failed: ', 'smtp: Succeeded: ', 'Starting delivery: ', 'Sending failed: '), (), False),
    ('opensmtpd', 'opensmtpd', 'smtpd\\Z', ('stat=', 'smtp', 'delivery'), (), False),
    ('powermta', 'powermta', None, ('timeLogged', ',relayed,', ',delivered,', ',failed,', ',delayed,', ',expanded,', 'smtp;'), (), True),
    ('sendmail', 'sendmail', 'sendmail|sm-m|sm-acc|sm-que', (', stat=',), (), False),
    ('ssmtp', 'ssmtp', 's[sS][mM][tT][pP]\\Z', (), (), False),
    ('stalwart', 'stalwart', 'stalwart', ('(delivery.', '(queue.', '(smtp.', '" event="', ' event="write"', '"delivery.'), ('"type"', '"events"'), False),
    ('zeek', 'zeek', None, ('#path\tsmtp', '"last_reply"'), ('"last_reply"',), True),
    ('zonemta', 'zonemta', 'zone-?mta', ('Sender/',), (), False),
    ('dsn', 'dsn', None, ('-MTA:', '-mta:', '-Recipient:', '-recipient:', '-Code:', '-code:', '-Date:', 'Action:', 'Status:', 'X-Postfix-', 'X-Actual-', 'Original-', 'Final-', 'Will-', 'From ', 'From:', 'Received:', 'Return-Path:', 'Return-path:', 'Delivered-To:', 'Envelope-To:', 'To:', 'Subject:', 'Date:', 'Message-ID:', 'Message-Id:', 'Message-id:', 'MIME-Version:', 'Mime-Version:', 'Content-', 'DKIM-Signature:', 'Authentication-Results:', 'ARC-', 'Auto-Submitted:', 'X-', 'Received-SPF:', '\x01\x01\x01\x01'), (), True),
    ('transcript', 'transcript', None, ('<-', '<~', '<**', '->', '~>', '<<<', '>>>', 'SMTP<<', 'SMTP>', 'SMTP|', 'SMTP+', 'reply: ', 'send: ', "b'", 'b"', 'Trying', 'Connect', 'connect:', 'CONNECTED', '220', '... ', 'Transcript', 'Service unavailable', 'S: ', 'C: ', 'Unexpected response', 'The original message was', 'LOG: ', 'delivering ', 'Exim version', 'EHLO ', '[S] ', '<CRLF>', 'SMTP Response: ', '<rx>', 'DEBUG SMTP', '++ Starting', 'HELO ', 'MAIL FROM:', 'RCPT TO:'), (), True),
    ('elastic-email', 'services', None, ('"TransactionID',), ('"TransactionID',), True),
    ('kumomta', 'kumomta', None, ('"response', '"queue', '"egress_pool'), ('"response', '"queue', '"egress_pool'), True),
    ('mailersend', 'services', None, ('"activity.',), ('"data"',), True),
    ('mailgun', 'mailgun', None, ('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'), ('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'), True),
    ('mailjet', 'services', None, ('"MessageID', '"mj_campaign_id', '"mj_message_id'), ('"MessageID', '"mj_campaign_id', '"mj_message_id'), True),
    ('mandrill', 'mandrill', None, ('"msg', 'mandrill_events'), ('"msg', 'mandrill_events'), True),
    ('postal', 'postal', None, ('"payload', '"output', '"direction'), ('"payload', '"output', '"direction'), True),
    ('resend', 'services', None, ('"email_id',), ('"data"',), True),
    ('sendgrid', 'services', None, ('"sg_event_id', '"sg_message_id', '"smtp-id', '"reason'), ('"sg_event_id', '"sg_message_id', '"smtp-id', '"reason'), True),
    ('ses', 'ses', None, ('notificationType', 'eventType', 'aws.ses'), ('"eventType"', '"notificationType"', '"Type"', '"TopicArn"', '"Sns"', '"eventSource"', '"source"', '"message"'), True),
    ('sparkpost', 'sparkpost', None, ('"msys', '"rcpt_to', '"bounce_class'), ('"msys', '"rcpt_to', '"bounce_class'), True),
    ('unisender-go', 'services', None, ('"event_name',), ('"event_name',), True),
    ('zeptomail', 'zeptomail', None, ('"event_message',), ('"event_message',), True),
    ('mailtrap', 'services', None, ('"sending_stream', '"event_id'), ('"sending_stream', '"event_id'), True),
    ('brevo', 'services', None, ('"message-id', '"messageId'), ('"message-id', '"messageId'), True),
    ('postmark', 'services', None, ('"RecordType', '"TypeCode'), ('"RecordType', '"TypeCode'), True),
)

# How lines of programs' own log files begin that could be taken for the prefix of syslog.
PREFIXES: tuple[str, ...] = (
    '[0-9-]{10} [0-9:.]{8,15} (?:[+-][0-9]{4} )?(?:\\[[0-9]+\\] )?[0-9A-Za-z]{6}+-(?:[0-9A-Za-z]{6}+-[0-9A-Za-z]{2}+|[0-9A-Za-z]{11}+-[0-9A-Za-z]{4}+) ',
)
