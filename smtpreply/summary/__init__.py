"""`Summary` and its parts: counts of deliveries that add up and can be sent between processes."""
