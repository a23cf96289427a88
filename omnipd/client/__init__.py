"""One Omni and one key: requests, their pace, their failures."""
