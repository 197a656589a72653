"""What source, sink and commands share about Kafka: connection, topics, control."""
