"""Bytes to requests, and replies to bytes."""
