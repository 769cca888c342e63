"""MQTT 3.1.1 as a device speaks it, without a library's threads and queues: a message costs microseconds."""
