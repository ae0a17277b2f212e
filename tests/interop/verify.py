"""Verifies a code with PyJWT: verify.py CODE_FILE KEYS_FILE ISSUER AUDIENCE; prints the claims as JSON.

KEYS_FILE is a JWK set, or the signed key set, which the root key named by ISSUER must have signed.
"""

import base64
import hashlib
import json
import sys

import jwt


def thumbprint(jwk):
    """RFC 7638 section 3.2 for the members of RFC 8037 section 2."""
    members = {name: jwk[name] for name in ("crv", "kty", "x")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def published(text, issuer):
    """The JWK set itself, or what the root signed."""
    if text.startswith("{"):
        return json.loads(text)
    root = jwt.decode(text, options={"verify_signature": False})["root"]
    if issuer != "urn:scrip:vendor:" + thumbprint(root):
        sys.exit("the key set names another root")
    if jwt.get_unverified_header(text)["typ"] != "scrip-keys+jwt":
        sys.exit("this is no key set")
    return jwt.decode(text, jwt.PyJWK(root, algorithm="EdDSA"), algorithms=["EdDSA"], issuer=issuer)


code_file, keys_file, issuer, audience = sys.argv[1:]
code = open(code_file, encoding="utf-8").read().strip()
keys = jwt.PyJWKSet.from_dict(published(open(keys_file, encoding="utf-8").read().strip(), issuer))
key = keys[jwt.get_unverified_header(code)["kid"]]
print(json.dumps(jwt.decode(code, key, algorithms=["EdDSA"], issuer=issuer, audience=audience)))
