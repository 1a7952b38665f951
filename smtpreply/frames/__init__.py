"""The same answers a column at a time: Polars and Arrow, and what is built on Arrow.

One truth, two speeds: what `smtpreply.parse` and `smtpreply.classify` say of a reply is what a
column says of it here, field by field; and what `smtpreply.logs.scan` finds in a log is what a
lazy frame of it holds. Each module needs its own extra, and says so in one line where it is
missing:

- `smtpreply.frames.polars`: expressions for Polars, eager, lazy and streaming; logs as frames.
- `smtpreply.frames.arrow`: functions over Arrow arrays; Parquet files of deliveries.
- `smtpreply.frames.duckdb`: SQL functions.
- `smtpreply.frames.spark`: columns of a DataFrame; mail logs summed up by many machines.
- `smtpreply.frames.pandas`: the accessor ``smtp`` of a series.

The names and types of what comes out are in `smtpreply.frames._schema`, and those of deliveries in
`smtpreply.frames._rows`.
"""
