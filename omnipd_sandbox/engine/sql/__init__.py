"""Plans and OmniSQL, written as SQL."""
