"""The Beam graph of Khabar with its sources, sinks, stores and command line."""
