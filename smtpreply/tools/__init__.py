"""Tools over deliveries: suppression lists, what is queued, the life of a message, metrics."""
