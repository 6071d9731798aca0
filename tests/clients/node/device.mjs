// One login without a browser with openid-client: prints what a person needs to allow it, as JSON, waits until somebody
// has, and prints claims, UserInfo, and what came of a refresh, if there is a refresh token; or the error.
// The one argument is JSON: issuer, client_id, client_secret (absent for a public client), scope.
import * as client from "openid-client";

const wanted = JSON.parse(process.argv[2]);
const config = await client.discovery(
  new URL(wanted.issuer),
  wanted.client_id,
  undefined,
  wanted.client_secret ? client.ClientSecretBasic(wanted.client_secret) : client.None(),
  // The tests speak plain HTTP on the loopback address.
  { execute: [client.allowInsecureRequests] },
);
const begun = await client.initiateDeviceAuthorization(config, { scope: wanted.scope });
console.log(JSON.stringify(begun));
const tokens = await client.pollDeviceAuthorizationGrant(config, begun).catch((error) => {
  if (!(error instanceof client.ResponseBodyError)) {
    throw error;
  }
  console.log(JSON.stringify({ error: error.error }));
  process.exit();
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = tokens.refresh_token && (await client.refreshTokenGrant(config, tokens.refresh_token)).claims();
console.log(JSON.stringify({ claims, userinfo, refreshed }));
