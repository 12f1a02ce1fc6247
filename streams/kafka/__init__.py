"""Kafka: the same corridor on any number of workers. It carries; what is decided stands in sealane/."""
