"""Reports for people: a summary drawn for a terminal and as an HTML page.

Nothing here prints or writes files; the command line does.
"""
