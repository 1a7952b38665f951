"""Helpers without knowledge of mail: safe display, octets, data files, lazy exports."""
