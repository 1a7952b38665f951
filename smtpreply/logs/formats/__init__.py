"""The log formats, one module each; `services` is a table of those that differ in names only.

To add one, write a module that defines ``FORMAT``, a `smtpreply.logs.format.Format`, with a
`Reader` of the format, and say there what shows that a line may be of it: the names of its
programs, or strings that are in its lines. Then run ``python -m smtpreply.logs.make_format_table``,
which writes that down for the registry, and add a test in ``tests/logs/formats``.
"""
