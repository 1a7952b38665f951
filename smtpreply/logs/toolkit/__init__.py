"""Helpers that several log formats share."""
