"""What follows from a panel by definition: days, multiples of limits, baselines, treatment lines, segments."""
