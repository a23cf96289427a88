"""A call as an endpoint sees it: who asks, what for, checked."""
