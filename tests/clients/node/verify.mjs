// Verifies a token with jose, and prints its header and its claims.
// The one argument is JSON: token, issuer, audience, algorithm, typ; jwks_uri, or secret where the client secret has signed.
import { createRemoteJWKSet, jwtVerify } from "jose";

const { token, issuer, audience, algorithm, typ, jwks_uri, secret } = JSON.parse(process.argv[2]);
const key = secret ? new TextEncoder().encode(secret) : createRemoteJWKSet(new URL(jwks_uri));
const { payload, protectedHeader } = await jwtVerify(token, key, { issuer, audience, typ, algorithms: [algorithm] });
console.log(JSON.stringify({ header: protectedHeader, claims: payload }));
