"""What makes two records one: identity, fingerprint, revision, story."""
