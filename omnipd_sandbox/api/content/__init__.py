"""Folders and documents together."""
