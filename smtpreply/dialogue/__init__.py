"""SMTP sessions: pair commands with replies, and read the transcripts that programs print."""
