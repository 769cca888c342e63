"""A private certificate authority: its own certificate, the broker's, the devices', and the list of the revoked.

X.509 by the library `cryptography`; keys are P-256, which small devices can do. Files are PEM; keys are readable for
their owner alone and never written over.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA, CA_KEY, SERVER, SERVER_KEY, REVOKED = "ca.pem", "ca.key", "server.pem", "server.key", "revoked.pem"
#: How long certificates last. The authority's outlives the devices; the broker's is renewed with a reload, a
#: device's by somebody who holds it. Provisional.
CA_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=397)
DEVICE_LASTS = timedelta(days=1096)
#: A broker refuses everybody once its list of the revoked is out of date, so it must not be. Provisional.
LIST_LASTS = timedelta(days=3650)
#: Clocks of devices may be behind: valid from this long ago.
_BACKDATED = timedelta(days=1)
_PRIVATE, _PUBLIC = 0o600, 0o644


class CertificateError(Exception):
    """A certificate cannot be made; the message names the file and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A certificate that was made."""

    certificate_file: Path
    key_file: Path
    #: SHA-256, hexadecimal.
    fingerprint: str
    serial: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Signs. Its key opens every device's topics to whoever has it: keep the folder away from the broker."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def found(folder: Path, *, at: datetime) -> Authority:
    """Make an authority in an empty folder.

    Raises:
        CertificateError: there is one already, or the folder cannot be written.
    """
    _must_be_new(folder / CA_KEY, folder / CA)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Tongxing")
    builder = _builder(name, name, key, at=at, lasts=CA_LASTS)
    usage = _key_usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / CA_KEY, key)
    _write(folder / CA, certificate.public_bytes(serialization.Encoding.PEM), _PUBLIC)
    authority = Authority(folder=folder, certificate=certificate, key=key)
    revoke(authority, (), at=at)
    return authority


def opened(folder: Path) -> Authority:
    """The authority of a folder.

    Raises:
        CertificateError: there is none, or it cannot be read.
    """
    try:
        certificate = x509.load_pem_x509_certificate((folder / CA).read_bytes())
        key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"{folder} holds no authority ({error}): make one with `tongxing certificates ca`"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError(
            f"{folder / CA_KEY} is no key of an elliptic curve: make one with `tongxing certificates ca`"
        )
    return Authority(folder=folder, certificate=certificate, key=key)


def for_server(authority: Authority, names: Sequence[str], *, at: datetime) -> Made:
    """The broker's certificate for its names and addresses; an earlier one is replaced, its key with it."""
    sans = x509.SubjectAlternativeName([_host(name) for name in names])
    usage = ExtendedKeyUsageOID.SERVER_AUTH
    for file in (SERVER, SERVER_KEY):
        (authority.folder / file).unlink(missing_ok=True)
    files = (authority.folder / SERVER, authority.folder / SERVER_KEY)
    return _sign(authority, names[0], sans, usage, files, at=at, lasts=SERVER_LASTS)


def for_device(authority: Authority, device_id: str, folder: Path, *, at: datetime) -> Made:
    """A client certificate whose common name is the device's id, with its key.

    Raises:
        CertificateError: the folder holds one of this device already.
    """
    files = (folder / f"{device_id}.pem", folder / f"{device_id}.key")
    _must_be_new(*files)
    sans = x509.SubjectAlternativeName([x509.DNSName(device_id)])
    return _sign(authority, device_id, sans, ExtendedKeyUsageOID.CLIENT_AUTH, files, at=at, lasts=DEVICE_LASTS)


def revoke(authority: Authority, serials: Iterable[str], *, at: datetime) -> Path:
    """Write the list of the revoked anew; the broker refuses those when it has read it again."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(at - _BACKDATED).next_update(at + LIST_LASTS)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    file = authority.folder / REVOKED
    fresh = file.with_name(f".{REVOKED}.new")
    fresh.unlink(missing_ok=True)
    _write(fresh, builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _PUBLIC)
    return fresh.replace(file)


def _sign(
    authority: Authority,
    common_name: str,
    sans: x509.SubjectAlternativeName,
    usage: x509.ObjectIdentifier,
    files: tuple[Path, Path],
    *,
    at: datetime,
    lasts: timedelta,
) -> Made:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    builder = _builder(_name(common_name), issuer.subject, key, at=at, lasts=lasts)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        builder.add_extension(sans, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    _write_key(files[1], key)
    _write(files[0], certificate.public_bytes(serialization.Encoding.PEM), _PUBLIC)
    return Made(
        certificate_file=files[0],
        key_file=files[1],
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:x}",
        expires_at=certificate.not_valid_after_utc,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, at: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at + lasts)
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _must_be_new(*files: Path) -> None:
    for file in files:
        if file.exists():
            raise CertificateError(f"{file} exists: name another folder, or move it away. Nothing was made.")


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(file, encoded, _PRIVATE)


def _write(file: Path, content: bytes, mode: int) -> None:
    try:
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as output:
            output.write(content)
    except OSError as error:
        raise CertificateError(f"{file} cannot be written: {error.strerror}") from None
