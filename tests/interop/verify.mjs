// Verifies a code with `jose`: node verify.mjs CODE_FILE KEYS_FILE ISSUER AUDIENCE; prints the claims as JSON.
// KEYS_FILE is a JWK set, or the signed key set, which the root key named by ISSUER must have signed.
import { readFileSync } from "node:fs";
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, importJWK, jwtVerify } from "jose";

const algorithms = ["EdDSA"];

async function published(text, issuer) {
  if (text.startsWith("{")) return JSON.parse(text);
  const { root } = decodeJwt(text);
  if (issuer !== `urn:scrip:vendor:${await calculateJwkThumbprint(root)}`) throw new Error("the key set names another root");
  const { payload } = await jwtVerify(text, await importJWK(root, "EdDSA"), { algorithms, typ: "scrip-keys+jwt", issuer });
  return payload;
}

const [code, keysFile, issuer, audience] = process.argv.slice(2);
const keys = createLocalJWKSet(await published(readFileSync(keysFile, "utf8").trim(), issuer));
const { payload } = await jwtVerify(readFileSync(code, "utf8").trim(), keys, {
  algorithms,
  typ: "scrip-authorization+jwt",
  issuer,
  audience,
});
console.log(JSON.stringify(payload));
