"""``make bench``: every measurement, one after the other."""

from benchmarks import capacity, efficiency, latency

for module in (efficiency, latency, capacity):
    module.main()
