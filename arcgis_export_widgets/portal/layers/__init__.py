"""Feature services and their layers: queries, statistics, paging."""
