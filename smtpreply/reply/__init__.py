"""The parser core: raw reply text in, `Reply` values out."""
