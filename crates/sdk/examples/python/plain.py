"""The same check with no SDK: plain JWTs, in any language that has a JWT library. plain.py ISSUER PRODUCT FOLDER

FOLDER is the server's folder, such as ~/.local/share/scrip/servers/store.example-0123456789. Needs PyJWT and
cryptography. It checks and counts nothing: enough for what is owned or rented by time.
"""

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any

import jwt

TYPES = {"code": "scrip-authorization+jwt", "keys": "scrip-keys+jwt", "revocations": "scrip-revocations+jwt"}


def thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638: SHA-256 over the required members, in the order of their names, without spaces."""
    members = json.dumps({name: key[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    return encode(hashlib.sha256(members.encode()).digest())


def encode(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def verify(token: str, kind: str, key: dict[str, Any], **options: Any) -> dict[str, Any]:
    """One algorithm, one type, one key: everything else is refused."""
    if jwt.get_unverified_header(token).get("typ") != TYPES[kind]:
        raise jwt.InvalidTokenError(f"not a token of the type {TYPES[kind]}")
    return jwt.decode(token, jwt.PyJWK(key, algorithm="EdDSA"), algorithms=["EdDSA"], **options)


def main() -> int:
    issuer, product, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])

    # 1. The key set carries the root key. It is the vendor's if its thumbprint is the one in the issuer's address,
    #    which this program has compiled in; and the set is the vendor's if that root signed it.
    keys_jws = (folder / "keys.jws").read_text().strip()
    root = jwt.decode(keys_jws, options={"verify_signature": False})["root"]
    if f"urn:scrip:vendor:{thumbprint(root)}" != issuer:
        raise jwt.InvalidIssuerError("the keys are another vendor's")
    keys = verify(keys_jws, "keys", root, issuer=issuer)["keys"]

    # 2. The code, taken out of its armor, is signed with the key that its header names.
    armored = (folder / "codes" / f"{product}.scrip").read_text()
    code = "".join(line for line in armored.splitlines() if not line.startswith("-----"))
    kid = jwt.get_unverified_header(code)["kid"]
    key = next(key for key in keys if thumbprint(key) == kid)

    # 3. Issuer, product and dates. A library checks `exp` and `nbf` by itself where they are there.
    claims = verify(code, "code", key, issuer=issuer, audience=product)
    if claims["iat"] > key.get("retired", claims["iat"]):
        raise jwt.InvalidTokenError("the key was retired before the code was issued")

    # 4. The computer: HMAC-SHA-256 over a fixed text, keyed by the id of the operating system.
    machine = bytes.fromhex(Path("/etc/machine-id").read_text().strip())
    if claims["machine"] != encode(hmac.digest(machine, b"scrip.machine.v1", "sha256")):
        raise jwt.InvalidTokenError("the code is for another computer")

    # 5. What the vendor took back, where a list is there.
    revocations = folder / "revocations.jws"
    if revocations.exists():
        text = revocations.read_text().strip()
        signer = next(key for key in keys if thumbprint(key) == jwt.get_unverified_header(text)["kid"])
        for entry in verify(text, "revocations", signer, issuer=issuer)["revoked"]:
            device = entry.get("jkt", claims["cnf"]["jkt"])
            if (entry["sub"], device) == (claims["sub"], claims["cnf"]["jkt"]) and claims["seq"] <= entry["seq"]:
                raise jwt.InvalidTokenError(f"revoked: {entry['reason']}")

    print(f"{claims['aud']}: {claims['grant']['kind']}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (jwt.InvalidTokenError, OSError, LookupError, StopIteration) as refused:
        print(f"refused: {refused!r}", file=sys.stderr)
        sys.exit(2)
