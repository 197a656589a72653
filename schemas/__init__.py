"""Record types of Khabar, their JSON codec and their JSON Schemas.

Nothing here imports Apache Beam or a Kafka client; any program may use these types to read Khabar's topics and files.
"""
