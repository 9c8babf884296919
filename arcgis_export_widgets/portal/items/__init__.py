"""Items of a portal: search, export jobs, replicas, downloads."""
