"""Where outcomes go: folders, parts of a cluster run, Kafka, other formats."""
