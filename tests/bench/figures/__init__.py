"""From counters of the kernel to a table: `usage` reads the counters, `measurement` takes one, `table` makes medians of many."""
