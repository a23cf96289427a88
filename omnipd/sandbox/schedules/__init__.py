"""Deliveries and alerts."""
