"""Statistics over seeds: quantiles, intervals, width curves, power laws, summaries."""
