"""The lists of Omni, one file for each part of its menu."""

# Every frame comes from here or from above, and has ``df.omni``.
from omnipd.readers import accessor as accessor
