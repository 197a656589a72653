"""Sources and sinks: files here, Kafka beside them. A source yields items whose state is an `Origin`."""
