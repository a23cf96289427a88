"""The people, folders and documents of the sandbox: invented, and the same every day."""
