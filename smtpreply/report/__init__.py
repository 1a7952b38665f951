"""What people look at: tables, summaries. Nothing here prints; the command line does."""
