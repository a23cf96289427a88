"""Documents, folders, dashboards and labels."""
