"""Speed and quality against the peers, measured: ``python -m benchmarks`` prints tables and writes JSON."""
