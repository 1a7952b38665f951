"""`Summary`: counts of a log, which add up and can be sent between processes."""
