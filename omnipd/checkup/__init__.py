"""The doctor: whether omnipd is well set up here, and whether this Omni is as it expects."""
