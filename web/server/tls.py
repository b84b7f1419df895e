"""TLS for a school without certificates: a local authority in the data directory signs one for this machine's names."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from classroom.errors import OperatorFault
from web.server.settings import Settings

AUTHORITY_LIFE = timedelta(days=3650)
# Apple's devices refuse certificates of private authorities that live longer than 825 days.
CERTIFICATE_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 in colon-separated hexadecimal, to compare by eye."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def authority(directory: Path, now: datetime) -> Authority:
    """The authority of this installation, made once and kept: devices trust it by hand, so it must not change."""
    key_file, certificate_file = directory / "ca.key", directory / "ca.crt"
    if key_file.exists() and certificate_file.exists():
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc > now:
            return Authority(key, certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own each time: devices confuse two authorities of equal name.
    mark = x509.random_serial_number() % 16**6
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tongke local authority {mark:06x}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    directory.mkdir(parents=True, exist_ok=True)
    write_secret(key_file, _pem(key))
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate)


def certificate_for(directory: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path]:
    """Certificate chain and key for these names; a new one when the old runs out or was made for other names."""
    signer = authority(directory, now)
    chain_file, key_file = directory / "server.crt", directory / "server.key"
    if chain_file.exists() and key_file.exists():
        current = x509.load_pem_x509_certificate(chain_file.read_bytes())
        if (
            current.not_valid_after_utc - now > RENEW_BEFORE
            and current.issuer == signer.certificate.subject
            and set(names) <= _names_of(current)
        ):
            return chain_file, key_file
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tongke")]))
        .issuer_name(signer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(min(now + CERTIFICATE_LIFE, signer.certificate.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    write_secret(key_file, _pem(key))
    pem = serialization.Encoding.PEM
    chain_file.write_bytes(certificate.public_bytes(pem) + signer.certificate.public_bytes(pem))
    return chain_file, key_file


def context(settings: Settings, names: Sequence[str], now: datetime) -> ssl.SSLContext | None:
    """The listener's TLS, or None for plain HTTP. Raises OperatorFault when it cannot be had."""
    if settings.tls.startswith("acme:"):
        raise OperatorFault(
            "--tls acme: is not built in yet: put a proxy such as Caddy in front, with --tls off and --public-url"
        )
    if not settings.with_tls:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    load(made, settings, names, now)
    return made


def load(into: ssl.SSLContext, settings: Settings, names: Sequence[str], now: datetime) -> None:
    """Loads, or loads anew, the certificate; connections made from now on use it."""
    if settings.tls == "auto":
        chain, key = certificate_for(settings.data / "tls", names, now)
    else:
        chain, key = (Path(part.strip()) for part in settings.tls.split(","))
    try:
        into.load_cert_chain(chain, key)
    except (OSError, ssl.SSLError) as fault:
        raise OperatorFault(f"--tls: the certificate {chain} with the key {key} cannot be used: {fault}") from None


def write_secret(path: Path, data: bytes) -> None:
    """Writes a file that only this account may read, whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_of(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(entry.value) for entry in names}
