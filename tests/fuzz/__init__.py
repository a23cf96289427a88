"""Answers that are damaged at random: a frame that comes of one is whole, or there is an error of omnipd."""
