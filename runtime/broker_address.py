"""Where the broker is and how it is reached, from `TONGXING_BROKER_URL` and `TONGXING_BROKER_CA_FILE`."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from runtime.settings import Settings, SettingsError

#: Port by scheme, where the URL names none.
PORTS = {"mqtt": 1883, "mqtts": 8883}

#: OpenSSL's verdicts on a certificate (X509_V_ERR_…) that have a remedy of their own.
_NOT_YET, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}
_OTHER_HOST = {62, 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One broker."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    #: None: without TLS.
    tls: ssl.SSLContext | None = None
    #: Whose certificates are believed; None: those that the system believes.
    ca_file: Path | None = None

    def __str__(self) -> str:
        """Without the password."""
        return f"{self.host}:{self.port}"

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def address(url: str, ca_file: Path | None = None) -> Address:
    """From `mqtt://[user:password@]host[:port]`; with `mqtts` the broker must prove who it is.

    Args:
        url: of the broker.
        ca_file: PEM of the authorities to believe; None: the system's.

    Raises:
        SettingsError: the file cannot be used.
    """
    parts = urlsplit(url)
    tls = _context(ca_file) if parts.scheme == "mqtts" else None
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or PORTS.get(parts.scheme, PORTS["mqtt"]),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
        tls=tls,
        ca_file=ca_file if tls else None,
    )


def of(settings: Settings) -> Address:
    """The broker of these settings.

    Raises:
        SettingsError: the file of authorities cannot be used.
    """
    return address(settings.broker_url, settings.broker_ca_file)


def why(error: BaseException, broker: Address) -> str:
    """Why it cannot be reached, and which setting or file to mend."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the broker at {broker} is not trusted: {_verdict(cause, broker)}"
    if isinstance(cause, ssl.SSLError) or (broker.tls and isinstance(error, ConnectionResetError)):
        return (
            f"the broker at {broker} does not speak TLS ({cause or error}): write mqtt:// in"
            " TONGXING_BROKER_URL, or the port of its listener with TLS"
        )
    return str(error).strip() or type(error).__name__


def _verdict(error: ssl.SSLCertVerificationError, broker: Address) -> str:
    believed = f"TONGXING_BROKER_CA_FILE ({broker.ca_file})" if broker.ca_file else "the system"
    code = error.verify_code
    if code in _UNKNOWN_ISSUER:
        remedy = "name its authority's ca.pem" if broker.ca_file is None else "it is another authority's"
        return f"{believed} does not know who signed its certificate: {remedy} in TONGXING_BROKER_CA_FILE"
    if code == _EXPIRED:
        return "its certificate has expired: renew it (tongxing certificates server) and reload the broker"
    if code == _NOT_YET:
        return "its certificate is not valid yet: set the clocks of both machines"
    if code in _OTHER_HOST:
        return (
            f"its certificate is not for {broker.host}: write a name that stands in it in TONGXING_BROKER_URL, or make"
            f" one for this name (tongxing certificates server {broker.host})"
        )
    return error.verify_message


def _context(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"TONGXING_BROKER_CA_FILE names {ca_file}, which cannot be read as certificates"
            f" ({error.strerror or error}). Write the path of the authority's ca.pem."
        ) from None
