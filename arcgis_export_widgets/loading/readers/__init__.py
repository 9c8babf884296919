"""Read exported files, with one `Source` class for each way of reading a format."""
