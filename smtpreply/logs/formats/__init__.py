"""The log formats that are known, one module each."""
