"""The ids of Exim's messages, and how the lines about them begin in its own log files."""

EXIM_ID = "[0-9A-Za-z]{6}+-(?:[0-9A-Za-z]{6}+-[0-9A-Za-z]{2}+|[0-9A-Za-z]{11}+-[0-9A-Za-z]{4}+)"
"""6-6-2 characters to 4.96, 6-11-4 from 4.97."""

OWN_PREFIX = rf"[0-9-]{{10}} [0-9:.]{{8,15}} (?:[+-][0-9]{{4}} )?(?:\[[0-9]+\] )?{EXIM_ID} "
"""Where syslog has a host, Exim's own files have the id: "... 1sQpLm-... DKIM: d=..."."""
