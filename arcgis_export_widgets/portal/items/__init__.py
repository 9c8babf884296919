"""Reading a portal's items, running export jobs and replicas, and downloading the files."""
