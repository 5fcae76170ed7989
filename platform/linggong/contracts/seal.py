"""The platform's seal: one invisible PAdES signature with a time stamp, by a local authority or the deployment's PKCS#12.

The parties do not sign with keys of their own: how each was identified and what he agreed to stands in the document, and
the seal makes the whole unalterable (R075). The local authority is made once in the data directory; its root's key is
thrown away after it has issued the seal's and the time stamp's certificates, so nobody can issue a second seal.
"""

from __future__ import annotations

import base64
import io
import json
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms, keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from linggong.kernel.crypto import write_once
from linggong.kernel.settings import Settings

FIELD: Final = "PlatformSeal"
_FROM, _YEARS = datetime(2020, 1, 1, tzinfo=UTC), 30
"""The local certificates reach back, because what is entered late is sealed for the time at which it happened."""
_ROOM = 16_384
"""Bytes kept free for the signature; an estimate would sign and stamp everything twice."""


@dataclass(frozen=True)
class Seal:
    """What seals and what is believed when a seal is checked."""

    signer: signers.SimpleSigner
    roots: tuple[asn1.Certificate, ...]
    tsa: tuple[asn1.Certificate, keys.PrivateKeyInfo] | None
    """The local time-stamp authority; None where `tsa_url` is asked."""
    tsa_url: str = ""

    @property
    def owner(self) -> str:
        """Whose seal it is, as the certificate says."""
        return str(self.signer.signing_cert.subject.native.get("common_name", "")) if self.signer.signing_cert else ""

    def stamper(self, when: datetime) -> TimeStamper:
        """Return what stamps the time: the outside service's own time, or the local authority's `when`."""
        if self.tsa is None:
            return _OutsideStamper(self.tsa_url)
        # pyHanko's stand-in is a whole authority; it needs no network, and key and certificate are ours.
        return DummyTimeStamper(*self.tsa, certs_to_embed=_store(self.roots), fixed_dt=when)


class _OutsideStamper(TimeStamper):
    """Asks an RFC 3161 service; the job that seals runs again when it is down."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        asked = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
            self.url, data=req.dump(), headers={"Content-Type": "application/timestamp-query"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310, ASYNC210 - the sealing has a thread of its own
            return tsp.TimeStampResp.load(answer.read())


class _SignerAt(signers.PdfSigner):
    """Signs for a time that is told to it: the machine's clock is not the market's (`linggong.kernel.clock`)."""

    when: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.when
        return session


def apply(seal: Seal, pdf: bytes, *, when: datetime, reason: str) -> bytes:
    """Return the sealed file. The seal certifies it and permits no change at all. CPU-bound: call it in a thread."""
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        reason=reason,
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    signer = _SignerAt(meta, signer=seal.signer, timestamper=seal.stamper(when))
    signer.when = when
    out = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=_ROOM)
    return bytes(out.getvalue())


def of(settings: Settings) -> Seal:
    """Return the deployment's seal, made at its first use. Raises ValueError for a PKCS#12 file that does not open."""
    return _load(
        settings.data_dir, settings.seal_p12, settings.seal_p12_password, settings.seal_trust, settings.tsa_url
    )


@lru_cache(maxsize=8)
def _load(data_dir: Path, p12: Path | None, password: str, trust: Path | None, tsa_url: str) -> Seal:
    roots = list(_pem(trust.read_bytes())) if trust is not None else []
    local = _local(data_dir)
    roots.append(local.root)
    if p12 is None:
        store = _store([local.root, local.seal])
        signer = signers.SimpleSigner(signing_cert=local.seal, signing_key=local.seal_key, cert_registry=store)
    else:
        found = signers.SimpleSigner.load_pkcs12(str(p12), passphrase=password.encode() or None)  # type: ignore[no-untyped-call]
        if found is None:
            raise ValueError("LINGGONG_SEAL_P12 does not open: check the file and LINGGONG_SEAL_P12_PASSWORD")
        signer = found
        chain = [c for c in signer.cert_registry if c.self_signed in ("yes", "maybe")]
        roots += chain or [signer.signing_cert]
    return Seal(signer, tuple(roots), None if tsa_url else (local.tsa, local.tsa_key), tsa_url)


def _store(certificates: Iterable[asn1.Certificate]) -> SimpleCertificateStore:
    made: SimpleCertificateStore = SimpleCertificateStore.from_certs(certificates)  # type: ignore[no-untyped-call]
    return made


# --- the local authority ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Local:
    root: asn1.Certificate
    seal: asn1.Certificate
    seal_key: keys.PrivateKeyInfo
    tsa: asn1.Certificate
    tsa_key: keys.PrivateKeyInfo


def _local(data_dir: Path) -> _Local:
    path = data_dir / "seal.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        write_once(path, json.dumps(_issue(), indent=1))
    raw = {k: base64.b64decode(v) for k, v in json.loads(path.read_text()).items()}
    return _Local(
        asn1.Certificate.load(raw["root"]),
        asn1.Certificate.load(raw["seal"]),
        keys.PrivateKeyInfo.load(raw["seal_key"]),
        asn1.Certificate.load(raw["tsa"]),
        keys.PrivateKeyInfo.load(raw["tsa_key"]),
    )


def _issue() -> dict[str, str]:
    """Make a root, and with it a seal (P-256) and a time stamp (RSA, which its maker asks for); forget the root's key."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    seal_key = ec.generate_private_key(ec.SECP256R1())
    tsa_key = rsa.generate_private_key(65537, 2048)
    root = _certificate("零工市场电子合同根证书", root_key.public_key(), None, root_key)
    seal = _certificate("零工市场电子合同专用章", seal_key.public_key(), root, root_key)
    tsa = _certificate("零工市场时间戳", tsa_key.public_key(), root, root_key, stamp=True)
    made = {
        "root": root.public_bytes(ser.Encoding.DER),
        "seal": seal.public_bytes(ser.Encoding.DER),
        "seal_key": _der(seal_key),
        "tsa": tsa.public_bytes(ser.Encoding.DER),
        "tsa_key": _der(tsa_key),
    }
    return {k: base64.b64encode(v).decode() for k, v in made.items()}


def _der(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())


def _certificate(
    name: str,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    stamp: bool = False,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "零工通"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    ca = issuer is None
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca and not stamp,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_FROM + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca, 0 if ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(usage, critical=True)
    )
    if stamp:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def _pem(raw: bytes) -> list[asn1.Certificate]:
    return [asn1.Certificate.load(c.public_bytes(ser.Encoding.DER)) for c in x509.load_pem_x509_certificates(raw)]


def stamped_at(signer: cms.SignerInfo) -> datetime | None:
    """Return the time that a signature's time stamp states, None without one; whether to believe it is another question."""
    for attribute in signer["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            token = attribute["values"][0]["content"]
            found: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
            return found
    return None
