// Two clients, one login, one logout, with openid-client. Each line printed is where the browser has to go, and each line
// read is where it arrived; at last the claims of both are printed, and what was answered to those who came too late.
// The one argument is JSON: issuer, and a list of clients with client_id, client_secret, redirect_uri, goodbye.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const wanted = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function browse(location) {
  console.log(location.href);
  return new URL((await lines.next()).value);
}

async function discovered({ client_id, client_secret }) {
  // The tests speak plain HTTP on the loopback address.
  const plain = { execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(wanted.issuer), client_id, undefined, client.ClientSecretBasic(client_secret), plain);
}

async function signIn(config, { redirect_uri }, further = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const location = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...further,
  });
  return client.authorizationCodeGrant(config, await browse(location), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
    // It checks auth_time against this by itself.
    maxAge: further.max_age === undefined ? undefined : Number(further.max_age),
  });
}

async function refused(config, one, further) {
  try {
    await signIn(config, one, further);
  } catch (error) {
    return error.error;
  }
  throw new Error("somebody was signed in");
}

const [wiki, grafana] = wanted.clients;
const [ofWiki, ofGrafana] = [await discovered(wiki), await discovered(grafana)];
const tooEarly = await refused(ofWiki, wiki, { prompt: "none" });
const first = await signIn(ofWiki, wiki);
const second = await signIn(ofGrafana, grafana, { prompt: "none", max_age: "3600", id_token_hint: first.id_token });
const tooOld = await refused(ofGrafana, grafana, { prompt: "none", max_age: "0" });
const again = await signIn(ofWiki, wiki, { prompt: "none" });
const state = client.randomState();
const goodbye = client.buildEndSessionUrl(ofGrafana, {
  id_token_hint: second.id_token,
  post_logout_redirect_uri: grafana.goodbye,
  state,
});
const gone = await browse(goodbye);
if (gone.searchParams.get("state") !== state) {
  throw new Error(`state did not come back: ${gone}`);
}
const tooLate = await refused(ofWiki, wiki, { prompt: "none" });
const refresh = await client.refreshTokenGrant(ofWiki, again.refresh_token).catch((error) => error.error);
console.log(
  JSON.stringify({
    claims: [first, second, again].map((tokens) => tokens.claims()),
    gone: gone.href,
    refused: { tooEarly, tooOld, tooLate, refresh },
  }),
);
process.exit();
