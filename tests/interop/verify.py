"""Verifies a code with PyJWT: verify.py CODE_FILE JWKS_FILE ISSUER AUDIENCE; prints the claims as JSON."""

import json
import sys

import jwt

code_file, jwks_file, issuer, audience = sys.argv[1:]
code = open(code_file, encoding="utf-8").read().strip()
keys = jwt.PyJWKSet.from_dict(json.load(open(jwks_file, encoding="utf-8")))
key = keys[jwt.get_unverified_header(code)["kid"]]
print(json.dumps(jwt.decode(code, key, algorithms=["EdDSA"], issuer=issuer, audience=audience)))
