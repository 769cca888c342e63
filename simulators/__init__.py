"""Devices and people that do not exist, with the truth attached. They speak MQTT only, as real ones do."""
