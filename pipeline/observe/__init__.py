"""What a running job says of itself: metrics, health, logs, terminal."""
