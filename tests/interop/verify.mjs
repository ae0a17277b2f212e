// Verifies a code with `jose`: node verify.mjs CODE_FILE JWKS_FILE ISSUER AUDIENCE; prints the claims as JSON.
import { readFileSync } from "node:fs";
import { createLocalJWKSet, jwtVerify } from "jose";

const [code, jwks, issuer, audience] = process.argv.slice(2);
const keys = createLocalJWKSet(JSON.parse(readFileSync(jwks, "utf8")));
const { payload } = await jwtVerify(readFileSync(code, "utf8").trim(), keys, {
  algorithms: ["EdDSA"],
  typ: "scrip-authorization+jwt",
  issuer,
  audience,
});
console.log(JSON.stringify(payload));
