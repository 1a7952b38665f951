"""The signs by which a line's format is found, without importing the format's module.

Generated from the modules of `smtpreply.logs.formats`: do not edit, but run
``python -m smtpreply.logs.make_format_table``.
"""
# ruff: noqa: E501, Q000  (a row is a line, as Python prints it)
# fmt: off

# In the order in which they are tried: name, module, programs, needles, how lines begin, members,
# whether it claims sources.
_Strings = tuple[str, ...]
FORMATS: tuple[tuple[str, str, str | None, _Strings, str | None, _Strings, bool], ...] = (
    ('barracuda', 'barracuda', '(?:outbound/smtp|inbound/pass[0-9]?|scan)\\Z', (' SEND ', ' RECV ', ' SCAN '), None, (), False),
    ('domino', 'domino', None, ('SMTPClient: ',), None, (), False),
    ('iis-smtp', 'iis_smtp', None, ('OutboundConnection', 'SMTPSVC'), None, (), True),
    ('postfix', 'postfix', 'postfix(?:[/@-]|\\Z)|[^/]+/(?:smtpd?|lmtp|local|virtual|pipe|qmgr|cleanup|bounce|error)\\Z', ('status=', 'host ', 'reject', ': hold: ', ': discard: ', ': filter: ', 'proxy-a', 'milter-', ': from=<', 'message-id=', ': removed', 'released from', ': client=', 'SASL auth', ': uid=', 'enabling PIX', 'lost connection', 'conversation with', ': SASL '), '(?:(?:[0-9A-F]{6,15}+|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}+)|NOQUEUE): |to=|host |proxy-|status=|warning: |(?:reject(?:_warning)?|(?:milter-)?(?:hold|discard)|milter-reject|filter): ', (), False),
    ('dovecot', 'dovecot', 'dovecot', ('lmtp(', 'lda(', 'deliver(', 'submission(', '-login: '), '(?:(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9-]{10}[T ][0-9:]{8}[0-9.,:+Z -]{0,17}) +)?(?:dovecot: )?[a-z0-9-]{3,30}[(<:]', (), False),
    ('fortimail', 'fortimail', None, ('log_id=',), None, (), False),
    ('postal-worker', 'postal_worker', 'postal', ('DEBUG  ', 'INFO   ', 'WARN   ', 'ERROR  ', 'FATAL  '), '[0-9-]{10} [0-9:]{8} [+-][0-9]{4} [A-Z]', (), False),
    ('rspamd', 'rspamd', 'rspamd', ('>; ',), '[0-9-]{10} [0-9:.]{8,18} #|<', (), False),
    ('exim', 'exim', 'exim', ('-', ' R=', 'LOG: ', 'LMTP error', 'SMTP error'), '[0-9-]{10} [0-9:]{8}|[0-9A-Za-z]{6}+-(?:[0-9A-Za-z]{6}+-[0-9A-Za-z]{2}+|[0-9A-Za-z]{11}+-[0-9A-Za-z]{4}+) |(?: {0,6}[0-9]{1,10} )? {0,4}(?:[-=*>]|LOG: |H=)', (), False),
    ('qmail', 'qmail', 'qmail|notqmail|rblsmtpd|spamdyke|smtpd\\Z|[0-9]{1,20}\\Z', ('delivery ', ' msg ', 'status: local', 'bounce: ', 'rblsmtpd: ', 'Reject::', 'Accept::', 'Remote_host_said:_', 'Remote host', 'qmail-smtpd: pid', 'CHKUSER ', ' origin_rdns: ', 'simscan:['), None, (), False),
    ('amavis', 'amavis', 'amavis', (') Blocked ', ') Passed '), '\\([0-9]{1,10}-', (), False),
    ('assp', 'assp', '(?:assp|spambox)(?:\\.pl)?\\Z', ('Jan-', 'Feb-', 'Mar-', 'Apr-', 'May-', 'Jun-', 'Jul-', 'Aug-', 'Sep-', 'Oct-', 'Nov-', 'Dec-'), '[A-Z][a-z]{2}-[0-9]', (), False),
    ('cisco-esa', 'cisco_esa', '(?i:mail_?logs?|iron_?port|esa)\\Z', ('DCID', 'MID ', 'ICID ', ' Response: ', " Rcvd: '", " Sent: '", "Sent to '", "Rcvd from '"), '[A-Z][a-z]{2} [A-Z][a-z]{2} |(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} )?(?:[A-Za-z0-9_.-]{1,64}:? )?(?:Info|Warning|Critical|Debug|Trace): |Bounced|Delayed|MID |Message |Delivery start |New SMTP |[DI]CID|Start MID |Connection Error|[0-9]+ (?:Sent|Rcvd): |Sent to|Rcvd from', (), False),
    ('courier', 'courier', 'courier', (',addr=<', 'error,relay='), None, (), False),
    ('dma', 'dma', 'dma\\Z', ('dma[',), None, (), False),
    ('exchange-online', 'exchange_online', None, ('ecipient_status', 'enderAddress', 'essageTraceId'), None, ('enderAddress', 'essageTraceId'), True),
    ('exchange-smtp', 'exchange_smtp', None, ('Z,', 'session-id'), '#|[0-9-]{10}T[0-9:.]{8,18}Z,', (), True),
    ('exchange-status', 'exchange_status', None, ('{LED=', 'LastError', 'Last Error', '  :'), None, (), False),
    ('exchange-tracking', 'exchange_tracking', None, ('Z,', 'ecipient-status', 'ecipientStatus', 'ecipient_status'), '#|[0-9-]{10}T[0-9:.]{8,18}Z,', (), True),
    ('google-workspace', 'google_workspace', None, ('SMTP reply code', 'message_info'), None, ('"gmail"', '"message_info"'), True),
    ('haraka', 'haraka', 'haraka', ('[outbound] ', '[PROTOCOL] [', '[NOTICE] [', '[INFO] [', '[WARN] [', '[ERROR] [', 'uuid=', '"uuid"'), '(?:(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9-]{10}[T ][0-9:]{8}[0-9.,:+Z -]{0,17}) +)?(?:\\[[A-Z]{4,8}\\] |\\[outbound\\] |\\{\\s*+\\"|level=)', ('"uuid"',), False),
    ('hmailserver', 'hmailserver', None, ('"SMTP', '"APPLICATION"', '"TCPIP"', '"DEBUG"'), '"', (), False),
    ('kerio', 'kerio', 'mail\\Z', ('Queue-ID: ',), None, (), False),
    ('maddy', 'maddy', 'maddy\\Z', ('\t{', '"msg_id"', '"smtp_code"', '(msg ID = ', ' smtp: ', ' submission: '), '(?:(?:(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9-]{10}[T ][0-9:]{8}[0-9.,:+Z -]{0,17}) +)?|[0-9]{2}\\.[0-9]{2}\\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} )(?:\\[debug\\] )?[a-z][A-Za-z0-9_./:-]{0,60}: ', (), False),
    ('mdaemon', 'mdaemon', None, ('Mon 2', 'Tue 2', 'Wed 2', 'Thu 2', 'Fri 2', 'Sat 2', 'Sun 2'), ' ?[A-Z][a-z]{2} [0-9]{4}-', (), False),
    ('momentum', 'momentum', None, ('@D@', '@T@', '@P@', '@B@', '@R@', '@X@', '@@@@M', ': Marker 1', ': R="'), '[0-9]{9,10}[@:]', (), False),
    ('msmtp', 'msmtp', 'msmtp\\Z', (' recipients=',), None, (), False),
    ('nullmailer', 'nullmailer', 'nullmailer', ('smtp: Failed: ', 'smtp: Succeeded: ', 'Starting delivery: ', 'Sending failed: '), '(?:smtp|qmqp): |Starting delivery: |Sending failed: ', (), False),
    ('opensmtpd', 'opensmtpd', 'smtpd\\Z', ('stat=', 'smtp', 'delivery'), '[0-9a-f]{16} |(?:relay|delivery|mda|mta): |smtp-(?:in|out): ', (), False),
    ('powermta', 'powermta', None, ('timeLogged', ',relayed,', ',delivered,', ',failed,', ',delayed,', ',expanded,', 'smtp;'), 'type|(?:d|b|rb|rs|t),', (), True),
    ('sendmail', 'sendmail', 'sendmail|sm-m|sm-acc|sm-que', (', stat=',), None, (), False),
    ('ssmtp', 'ssmtp', 's[sS][mM][tT][pP]\\Z', (), None, (), False),
    ('stalwart', 'stalwart', 'stalwart', ('(delivery.', '(queue.', '(smtp.', '" event="', ' event="write"', '"delivery.'), '(?:(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9-]{10}[T ][0-9:]{8}[0-9.,:+Z -]{0,17}) +)?(?:TRACE|DEBUG|INFO|WARN|ERROR) ', ('"type"', '"events"'), False),
    ('zeek', 'zeek', None, ('#path\tsmtp', '"last_reply"'), None, ('"last_reply"',), True),
    ('zonemta', 'zonemta', 'zone-?mta', ('Sender/',), None, (), False),
    ('dsn', 'dsn', None, ('-MTA:', '-mta:', '-Recipient:', '-recipient:', '-Code:', '-code:', '-Date:', 'Action:', 'Status:', 'X-Postfix-', 'X-Actual-', 'Original-', 'Final-', 'Will-', 'From ', 'From:', 'Received:', 'Return-Path:', 'Return-path:', 'Delivered-To:', 'Envelope-To:', 'To:', 'Subject:', 'Date:', 'Message-ID:', 'Message-Id:', 'Message-id:', 'MIME-Version:', 'Mime-Version:', 'Content-', 'DKIM-Signature:', 'Authentication-Results:', 'ARC-', 'Auto-Submitted:', 'X-', 'Received-SPF:', '\x01\x01\x01\x01'), None, (), True),
    ('transcript', 'transcript', None, ('<-', '<~', '<**', '->', '~>', '<<<', '>>>', 'SMTP<<', 'SMTP>', 'SMTP|', 'SMTP+', 'reply: ', 'send: ', "b'", 'b"', 'Trying', 'Connect', 'connect:', 'CONNECTED', '220', '... ', 'Transcript', 'Service unavailable', 'S: ', 'C: ', 'Unexpected response', 'The original message was', 'LOG: ', 'delivering ', 'Exim version', 'EHLO ', '[S] ', '<CRLF>', 'SMTP Response: ', '<rx>', 'DEBUG SMTP', '++ Starting', 'HELO ', 'MAIL FROM:', 'RCPT TO:'), None, (), True),
    ('elastic-email', 'services', None, ('"TransactionID',), None, ('"TransactionID',), True),
    ('kumomta', 'kumomta', None, ('"response', '"queue', '"egress_pool'), None, ('"response', '"queue', '"egress_pool'), True),
    ('mailersend', 'services', None, ('"activity.',), None, ('"data"',), True),
    ('mailgun', 'mailgun', None, ('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'), None, ('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'), True),
    ('mailjet', 'services', None, ('"MessageID', '"mj_campaign_id', '"mj_message_id'), None, ('"MessageID', '"mj_campaign_id', '"mj_message_id'), True),
    ('mandrill', 'mandrill', None, ('"msg', 'mandrill_events'), None, ('"msg', 'mandrill_events'), True),
    ('postal', 'postal', None, ('"payload', '"output', '"direction'), None, ('"payload', '"output', '"direction'), True),
    ('resend', 'services', None, ('"email_id',), None, ('"data"',), True),
    ('sendgrid', 'services', None, ('"sg_event_id', '"sg_message_id', '"smtp-id', '"reason', '"response'), None, ('"sg_event_id', '"sg_message_id', '"smtp-id', '"reason', '"response'), True),
    ('ses', 'ses', None, ('notificationType', 'eventType', 'aws.ses', 'bouncedRecipients'), None, ('"bouncedRecipients"', '"eventType"', '"notificationType"', '"Type"', '"TopicArn"', '"Sns"', '"eventSource"', '"source"', '"message"'), True),
    ('sparkpost', 'sparkpost', None, ('"msys', '"rcpt_to', '"bounce_class'), None, ('"msys', '"rcpt_to', '"bounce_class'), True),
    ('unisender-go', 'services', None, ('"event_name',), None, ('"event_name',), True),
    ('zeptomail', 'zeptomail', None, ('"event_message',), None, ('"event_message',), True),
    ('mailtrap', 'services', None, ('"sending_stream', '"event_id'), None, ('"sending_stream', '"event_id'), True),
    ('brevo', 'services', None, ('"message-id', '"messageId'), None, ('"message-id', '"messageId'), True),
    ('postmark', 'services', None, ('"RecordType', '"TypeCode'), None, ('"RecordType', '"TypeCode'), True),
)

# How lines of programs' own log files begin that could be taken for the prefix of syslog.
PREFIXES: tuple[str, ...] = (
    '[0-9-]{10} [0-9:.]{8,15} (?:[+-][0-9]{4} )?(?:\\[[0-9]+\\] )?[0-9A-Za-z]{6}+-(?:[0-9A-Za-z]{6}+-[0-9A-Za-z]{2}+|[0-9A-Za-z]{11}+-[0-9A-Za-z]{4}+) ',
)
