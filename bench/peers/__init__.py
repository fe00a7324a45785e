"""The other servers of the benchmarks."""
