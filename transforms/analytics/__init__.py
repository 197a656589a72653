"""What dashboards count and search, and when a source behaves unlike itself."""
