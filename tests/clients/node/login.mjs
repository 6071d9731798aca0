// One login with openid-client: prints where the browser has to go, reads where it arrived, prints the claims or,
// where it arrived with an error, that.
// The one argument is JSON: issuer, client_id, client_secret (absent for a public client), method, redirect_uri, scope;
// algorithm (absent for that of OpenID Connect): by which rules the issuer's document is looked for; refreshes (absent
// for none): how often to refresh at the end, each time with the refresh token that came last;
// signed_by (absent if it is the usual one): by which ID token and UserInfo have to be signed, and verified if by a key;
// proof (absent if there is none): the private key that proves who the client is, as a JWK, and how it is imported;
// decryption (absent if nothing is encrypted): the private key as a JWK, its alg and kid, and how it is imported.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const METHODS = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  client_secret_jwt: client.ClientSecretJwt,
  private_key_jwt: client.PrivateKeyJwt,
  none: client.None,
};

const wanted = JSON.parse(process.argv[2]);

function taken(key, { algorithm, usages }) {
  return crypto.subtle.importKey("jwk", key, algorithm, false, usages);
}

const config = await client.discovery(
  new URL(wanted.issuer),
  wanted.client_id,
  wanted.signed_by && {
    id_token_signed_response_alg: wanted.signed_by,
    userinfo_signed_response_alg: wanted.signed_by,
  },
  METHODS[wanted.method](wanted.proof ? await taken(wanted.proof.key, wanted.proof.imported) : wanted.client_secret),
  // The tests speak plain HTTP on the loopback address.
  { algorithm: wanted.algorithm, execute: [client.allowInsecureRequests] },
);
if (!config.serverMetadata().supportsPKCE()) {
  throw new Error("discovery does not say that PKCE is supported");
}

if (wanted.signed_by && wanted.signed_by !== "HS256") {
  client.enableNonRepudiationChecks(config);
}

if (wanted.decryption) {
  const { key, alg, kid, imported } = wanted.decryption;
  const decrypting = await taken(key, imported);
  client.enableDecryptingResponses(config, undefined, { key: decrypting, alg, kid });
}

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const location = client.buildAuthorizationUrl(config, {
  redirect_uri: wanted.redirect_uri,
  scope: wanted.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
console.log(location.href);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const arrived = new URL((await lines.next()).value);
const tokens = await client
  .authorizationCodeGrant(config, arrived, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  })
  .catch((error) => {
    if (!(error instanceof client.AuthorizationResponseError)) {
      throw error;
    }
    console.log(JSON.stringify({ error: error.error, error_description: error.error_description }));
    process.exit();
  });
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = [];
for (let kept = tokens.refresh_token; refreshed.length < (wanted.refreshes ?? 0); ) {
  const fresh = await client.refreshTokenGrant(config, kept);
  refreshed.push({ renewed: fresh.refresh_token !== undefined, claims: fresh.claims() });
  kept = fresh.refresh_token ?? kept;
}
console.log(JSON.stringify({ claims, userinfo, expires_in: tokens.expiresIn(), refreshed }));
process.exit();
