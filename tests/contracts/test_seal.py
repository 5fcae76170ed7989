"""The seal and its examination: the good file passes, every way of tampering is refused with a reason of its own (R075)."""

from __future__ import annotations

import shutil
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, load_der_private_key, pkcs12
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.general import SigningError

from linggong.contracts import seal as seals
from linggong.contracts import typeset
from linggong.contracts.examine import MOST_BYTES, examine
from linggong.contracts.seal import Seal
from linggong.kernel.settings import Settings, SettingsError

from . import papers

WHEN = datetime(2026, 3, 9, 21, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return seals.of(Settings(data_dir=tmp_path_factory.mktemp("seal")))


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """Somebody else's seal, which names itself like ours."""
    return seals.of(Settings(data_dir=tmp_path_factory.mktemp("foreign")))


@pytest.fixture(scope="session")
def good(seal: Seal) -> bytes:
    return seals.apply(seal, typeset.pdf(papers.paper()), when=WHEN, reason="平台盖章")


def test_a_sealed_file_is_good_and_other_tools_agree(seal: Seal, good: bytes, tmp_path: Path) -> None:
    verdict = examine(seal, good)
    assert (verdict.good, verdict.code, verdict.pages) == (True, "good", 1)
    assert verdict.sealed_at == WHEN, "the stamp tells the market's time, not the machine's"
    assert b"pdfaid" in good
    tool = shutil.which("pdfsig")
    if tool is not None:
        file = tmp_path / "good.pdf"
        file.write_bytes(good)
        said = subprocess.run([tool, "-nocert", str(file)], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
        assert "ETSI.CAdES.detached" in said


@pytest.mark.parametrize(
    ("tamper", "code", "words"),
    [
        (papers.overlaid, "changed_after", "又在文件上添了内容"),
        (papers.annotated, "changed_after", "又在文件上添了内容"),
        (papers.with_page, "pages_changed", "盖章时 1 页，现在 2 页"),
        (lambda raw: raw + b"\n% one comment more\n", "changed_after", "添了内容"),
    ],
)
def test_what_is_appended_after_the_seal_is_refused(
    seal: Seal, good: bytes, tamper: Any, code: str, words: str
) -> None:
    """An appended revision still reads "Signature is Valid" in other tools, so coverage decides here."""
    raw = tamper(good)
    verdict = examine(seal, raw)
    assert (verdict.good, verdict.code) == (False, code)
    assert words in verdict.reason


def test_every_changed_byte_is_refused(seal: Seal, good: bytes) -> None:
    """A bit turned anywhere in what the seal covers. Inside the signature some bytes say nothing that is signed (certificates
    carried along, zeros kept free): those files differ from the record, which has the last word (test_checking)."""
    start = good.index(b"/Contents <") + 11
    end = good.index(b">", start)
    refused = set()
    for at in range(10, len(good), len(good) // 150):
        raw = bytearray(good)
        raw[at] ^= 1
        verdict = examine(seal, bytes(raw))
        assert not verdict.good or start <= at < end, at
        refused.add(verdict.code)
    assert "altered" in refused


def test_a_changed_amount_is_altered(seal: Seal, good: bytes) -> None:
    raw = bytearray(good)
    raw[good.index(b"stream") + 60] ^= 1
    verdict = examine(seal, bytes(raw))
    assert (verdict.good, verdict.code) == (False, "altered")
    assert "和盖章时的指纹对不上" in verdict.reason


def test_a_foreign_seal_is_refused(seal: Seal, foreign: Seal) -> None:
    raw = seals.apply(foreign, typeset.pdf(papers.paper()), when=WHEN, reason="平台盖章")
    assert examine(foreign, raw).good
    verdict = examine(seal, raw)
    assert (verdict.good, verdict.code, verdict.reason) == (False, "foreign_seal", "这个章不是本平台的。")


def test_a_foreign_time_stamp_is_refused(seal: Seal, foreign: Seal) -> None:
    """Our seal with somebody else's clock: the time would be his to choose."""
    mixed = Seal(seal.signer, seal.roots, foreign.tsa)
    raw = seals.apply(mixed, typeset.pdf(papers.paper()), when=WHEN, reason="平台盖章")
    assert (examine(seal, raw).good, examine(seal, raw).code) == (False, "bad_stamp")


def test_a_seal_without_a_time_stamp_is_refused(seal: Seal) -> None:
    raw = papers.signed_again(typeset.pdf(papers.paper()), seal, name=seals.FIELD)
    assert examine(seal, raw).code == "no_stamp"


def test_a_second_signature_is_refused(seal: Seal, foreign: Seal, good: bytes) -> None:
    """A seal of ours permits none (good tools refuse to add one); where one stands all the same, the file is not ours."""
    with pytest.raises(SigningError):
        papers.signed_again(good, foreign)
    plain = papers.signed_again(typeset.pdf(papers.paper()), seal, name=seals.FIELD)
    assert examine(seal, papers.signed_again(plain, foreign)).code == "more_seals"


def test_what_is_no_contract_says_so(seal: Seal) -> None:
    assert examine(seal, b"").code == "not_pdf"
    assert examine(seal, b"\xff\xd8\xff\xe0 a photo").code == "not_pdf"
    assert examine(seal, b"%PDF-1.7 nothing more").code == "broken"
    assert examine(seal, b"%PDF-" + b"0" * MOST_BYTES).code == "too_large"
    assert examine(seal, typeset.pdf(papers.paper())).code == "no_seal"


def test_a_cut_file_is_refused(seal: Seal, good: bytes) -> None:
    for end in (len(good) // 2, len(good) - 40, len(good) - 1):
        verdict = examine(seal, good[:end])
        assert not verdict.good, end


def test_the_pages_written_anew_are_refused(seal: Seal, good: bytes) -> None:
    verdict = examine(seal, papers.without_seal(good))
    assert not verdict.good
    assert verdict.reason


def test_the_deployments_own_key_seals(seal: Seal, tmp_path: Path) -> None:
    """PKCS#12 from the settings; the wrong password is said at once, and former seals stay trusted by name."""
    key = load_der_private_key(seal.signer.signing_key.dump(), None)
    cert = load_der_x509_certificate(seal.signer.signing_cert.dump())
    root = load_der_x509_certificate(seal.roots[0].dump())
    file = tmp_path / "seal.p12"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(b"seal", key, cert, [root], BestAvailableEncryption(b"secret"))
    )
    env = {
        "LINGGONG_DATA_DIR": str(tmp_path / "data"),
        "LINGGONG_SEAL_P12": str(file),
        "LINGGONG_SEAL_P12_PASSWORD": "secret",
    }
    own = seals.of(Settings.from_env(env))
    raw = seals.apply(own, typeset.pdf(papers.paper()), when=WHEN, reason="平台盖章")
    assert examine(own, raw).good
    assert "secret" not in repr(Settings.from_env(env))
    with pytest.raises(ValueError, match="LINGGONG_SEAL_P12"):
        seals.of(Settings.from_env(env | {"LINGGONG_SEAL_P12_PASSWORD": "wrong"}))
    with pytest.raises(SettingsError, match="LINGGONG_SEAL_P12"):
        Settings.from_env(env | {"LINGGONG_SEAL_P12": str(tmp_path / "none.p12")})


def test_an_outside_service_stamps(seal: Seal, foreign: Seal, tmp_path: Path) -> None:
    """RFC 3161 over HTTP; its root is trusted because the settings say so, and only then."""
    stamps = foreign.stamper(WHEN)

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = stamps.request_tsa_response(asked).dump()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trust = tmp_path / "trust.pem"
    trust.write_bytes(load_der_x509_certificate(foreign.roots[0].dump()).public_bytes(Encoding.PEM))
    url = f"http://127.0.0.1:{server.server_port}/tsa"
    try:
        asking = seals.of(Settings(data_dir=tmp_path, tsa_url=url, seal_trust=trust))
        raw = seals.apply(asking, typeset.pdf(papers.paper()), when=WHEN, reason="平台盖章")
    finally:
        server.shutdown()
        server.server_close()
    assert examine(asking, raw).good
    assert examine(Seal(asking.signer, asking.roots[1:], None), raw).code == "bad_stamp"


def test_the_local_authority_is_made_once_and_keeps_no_key_to_make_another(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first = seals.of(settings)
    file = tmp_path / "seal.json"
    assert file.stat().st_mode & 0o077 == 0
    assert b"root_key" not in file.read_bytes()
    seals._load.cache_clear()
    assert seals.of(settings).signer.signing_cert.dump() == first.signer.signing_cert.dump()


def test_rare_characters_are_drawn_or_named() -> None:
    """𠮷 is in the names of living people; PDF/A refuses a missing glyph."""
    assert typeset.lacking("张吉，① A") == set()
    assert typeset.lacking("张𠮷") == {"𠮷"}
    for name in ("张𠮷", "张\U00030edd", "张😀"):
        party = [{"role": "乙方（零工）", "lines": [name]}]
        assert typeset.pdf(papers.paper(parties=party)).startswith(b"%PDF-")


def test_what_people_typed_is_drawn_not_run() -> None:
    lines = ['#panic("x")', "$x$ *粗* _斜_ `code` @ref <label>", "\\ // /* */"]
    assert typeset.pdf(papers.paper(parties=[{"role": "#eval", "lines": lines}])).startswith(b"%PDF-")
