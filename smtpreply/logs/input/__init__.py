"""Log input: files and streams, decompression, following, syslog prefixes, time stamps."""
