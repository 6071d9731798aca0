// One login of a program on a person's device with openid-client (RFC 8252, section 7.3): it listens on whichever port
// is free, prints where the browser has to go, and prints the claims when the browser has come back to it.
// The one argument is JSON: issuer, client_id, scope.
import { createServer } from "node:http";
import { once } from "node:events";
import * as client from "openid-client";

const wanted = JSON.parse(process.argv[2]);
// The tests speak plain HTTP on the loopback address.
const config = await client.discovery(new URL(wanted.issuer), wanted.client_id, undefined, client.None(), {
  execute: [client.allowInsecureRequests],
});

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const origin = `http://127.0.0.1:${server.address().port}`;

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const location = client.buildAuthorizationUrl(config, {
  redirect_uri: `${origin}/callback`,
  scope: wanted.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
console.log(location.href);

const [request, response] = await once(server, "request");
response.end("You can close this page.");
const tokens = await client.authorizationCodeGrant(config, new URL(request.url, origin), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  idTokenExpected: true,
});
console.log(JSON.stringify({ origin, claims: tokens.claims() }));
process.exit();
