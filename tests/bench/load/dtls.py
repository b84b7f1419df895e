"""DTLS-SRTP as the client (RFC 5764), by pyOpenSSL without I/O of its own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from pylibsrtp import Policy, Session

MTU = 1200
# name → libsrtp's profile, bytes of key, bytes of salt
PROFILES = {
    "SRTP_AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    "SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    "SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


class Identity:
    """A certificate for all clients of a load, and one SSL context."""

    def __init__(self, profiles: tuple[str, ...]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "load")])
        now = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(self.certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(b"HIGH:!aNULL")
        self.context.set_tlsext_use_srtp(":".join(profiles).encode())


@dataclass(frozen=True, slots=True)
class Keys:
    receive: Session
    send: Session
    cipher: str


def session(profile: int, key: bytes, outbound: bool) -> Session:
    policy = Policy(
        key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND if outbound else Policy.SSRC_ANY_INBOUND, srtp_profile=profile
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


class Handshake:
    """Datagrams in by `receive`, datagrams out by `outgoing`; `keys` when it is done."""

    def __init__(self, identity: Identity, fingerprint: str) -> None:
        self._ssl = SSL.Connection(identity.context)
        self._ssl.set_connect_state()
        self._ssl.set_ciphertext_mtu(MTU)
        self._fingerprint = fingerprint
        self.keys: Keys | None = None

    def outgoing(self) -> list[bytes]:
        sent = []
        while True:
            try:
                sent.append(self._ssl.bio_read(1500))
            except SSL.WantReadError:
                return sent

    def receive(self, data: bytes) -> None:
        """Raises SSL.Error where the handshake failed."""
        self._ssl.bio_write(data)
        self.step()

    def step(self) -> None:
        if self.keys is not None:
            return
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        self.keys = self._derived()

    def timeout_s(self) -> float:
        """Until `expired` is to be called."""
        left = self._ssl.DTLSv1_get_timeout()
        return 1.0 if left is None else float(left)

    def expired(self) -> None:
        self._ssl.DTLSv1_handle_timeout()

    def _derived(self) -> Keys:
        """RFC 5764 §4.2: both keys, then both salts, the client's first."""
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None or certificate.fingerprint(hashes.SHA256()).hex(":").upper() != self._fingerprint:
            raise SSL.Error("the certificate is not the one that was told")
        cipher = self._ssl.get_selected_srtp_profile().decode()
        profile, key, salt = PROFILES[cipher]
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        keys, salts = material[: 2 * key], material[2 * key :]
        own, other = keys[:key] + salts[:salt], keys[key:] + salts[salt:]
        return Keys(session(profile, other, False), session(profile, own, True), cipher)
