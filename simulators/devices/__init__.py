"""The devices: bracelets and beds, their firmware, batteries, formats. Nothing here knows MQTT."""
