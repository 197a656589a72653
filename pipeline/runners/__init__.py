"""How the graph is run: in process, on a cluster, as a stream."""
