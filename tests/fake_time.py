"""A clock for tests that wait for nothing."""

from omnipd.clock import Clock


class FakeTime:
    """A clock that runs when it is told to, and remembers how long it was asked to sleep."""

    def __init__(self):
        self.now = 1_000_000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def clock(self):
        return Clock(*[lambda: self.now] * 2, self.sleep, lambda: 0.5, lambda: self.now)
