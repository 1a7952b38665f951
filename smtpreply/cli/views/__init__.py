"""Views: the tables and pages that commands print."""
