"""AWS's names for things: partitions and regions, Amazon Resource Names, addresses of container images."""
