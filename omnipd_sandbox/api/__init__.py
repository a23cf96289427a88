"""The endpoints, by resource."""
