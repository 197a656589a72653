"""Pure functions from raw articles to enriched records, one task a file. Nothing here imports Apache Beam or Kafka."""
