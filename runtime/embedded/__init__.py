"""PostgreSQL and an MQTT broker from Python wheels: nothing to install, for the demo, for trying out and for tests.

Production uses the real servers in deploy/. What runs here is documented in docs/operations.md.
"""

from runtime.embedded.errors import AlreadyRunning, EmbeddedError, PortTaken
from runtime.embedded.servers import Died, Embedded

__all__ = ["AlreadyRunning", "Died", "Embedded", "EmbeddedError", "PortTaken"]
