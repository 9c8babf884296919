"""What a file format could not keep, restored from the layer's definition."""
