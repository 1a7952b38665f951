"""Same results as the scalar functions, column-wise: for Polars, Arrow and tools built on Arrow.

Each field of a column equals the value that `smtpreply.parse` or `smtpreply.classify` returns for
the reply, and the rows of a log are the deliveries that `smtpreply.logs.scan` yields. Each module
needs its own extra, and raises an ImportError that names it where it is missing:

- `smtpreply.frames.polars`: expressions for Polars, eager, lazy and streaming; logs as frames.
- `smtpreply.frames.arrow`: functions over Arrow arrays; Parquet files of deliveries.
- `smtpreply.frames.duckdb`: SQL functions.
- `smtpreply.frames.spark`: columns of a DataFrame; mail logs summarized by a cluster.
- `smtpreply.frames.pandas`: the accessor ``smtp`` of a series.

The names and types of the results are in `smtpreply.frames._schema`, and those of deliveries in
`smtpreply.frames._rows`.
"""
