"""What the commands print: tables and pages."""
