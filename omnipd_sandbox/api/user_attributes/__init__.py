"""Attributes of users."""
