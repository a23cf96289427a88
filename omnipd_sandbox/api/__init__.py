"""The endpoints: a folder for each resource, with the same file names in each."""
