"""The query endpoints: submit a job, wait for it, read its lines."""
