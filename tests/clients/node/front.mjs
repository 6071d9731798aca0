// One login with openid-client whose answer has an ID token: prints where the browser has to go, reads what arrived, and
// prints what it makes of that: the claims of the ID token that came that way, and of that of the code if there is one.
// The one argument is JSON: issuer, client_id, client_secret, redirect_uri, scope, response_type, response_mode,
// signed_by: by which the ID token has to be signed.
// What arrived is JSON: the URL, and the body that was posted to it, if one was.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const USED = { id_token: client.useIdTokenResponseType, "code id_token": client.useCodeIdTokenResponseType };

const wanted = JSON.parse(process.argv[2]);
const known = { client_secret: wanted.client_secret, id_token_signed_response_alg: wanted.signed_by };
const config = await client.discovery(new URL(wanted.issuer), wanted.client_id, known, undefined, {
  // The tests speak plain HTTP on the loopback address.
  execute: [client.allowInsecureRequests, USED[wanted.response_type]],
});
const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const hasCode = wanted.response_type !== "id_token";
const location = client.buildAuthorizationUrl(config, {
  redirect_uri: wanted.redirect_uri,
  scope: wanted.scope,
  response_mode: wanted.response_mode,
  state,
  nonce,
  ...(hasCode && {
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  }),
});
if (location.searchParams.get("response_type") !== wanted.response_type) {
  throw new Error(`it asks for something else: ${location}`);
}
console.log(location.href);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, body } = JSON.parse((await lines.next()).value);
const posted = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body };
const arrived = body === undefined ? new URL(url) : new Request(url, posted);

async function signedIn() {
  if (!hasCode) {
    return { claims: await client.implicitAuthentication(config, arrived, nonce, { expectedState: state }) };
  }
  const tokens = await client.authorizationCodeGrant(config, arrived, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  return { claims, userinfo: await client.fetchUserInfo(config, tokens.access_token, claims.sub) };
}

console.log(
  JSON.stringify(
    await signedIn().catch((error) => ({ error: error.error ?? error.cause?.error ?? error.code ?? String(error) })),
  ),
);
process.exit();
