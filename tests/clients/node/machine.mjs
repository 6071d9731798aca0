// A token for a machine, with openid-client or oauth4webapi: prints the token response, what introspection says of the
// token, and what it says once that is revoked.
// The one argument is JSON: library, issuer, client_id, client_secret, scope.
import * as oauth from "oauth4webapi";
import * as client from "openid-client";

const { library, issuer, client_id, client_secret, scope } = JSON.parse(process.argv[2]);

async function withOpenidClient() {
  const config = await client.discovery(new URL(issuer), client_id, undefined, client.ClientSecretBasic(client_secret), {
    // The tests speak plain HTTP on the loopback address.
    execute: [client.allowInsecureRequests],
  });
  const tokens = await client.clientCredentialsGrant(config, { scope });
  const living = await client.tokenIntrospection(config, tokens.access_token);
  await client.tokenRevocation(config, tokens.access_token);
  return { tokens, living, revoked: await client.tokenIntrospection(config, tokens.access_token) };
}

async function withOauth4webapi() {
  const here = { [oauth.allowInsecureRequests]: true };
  const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), here));
  const own = { client_id };
  const auth = oauth.ClientSecretPost(client_secret);
  const asked = new URLSearchParams({ scope });
  const response = await oauth.clientCredentialsGrantRequest(as, own, auth, asked, here);
  const tokens = await oauth.processClientCredentialsResponse(as, own, response);
  const introspect = async () =>
    oauth.processIntrospectionResponse(
      as,
      own,
      await oauth.introspectionRequest(as, own, auth, tokens.access_token, here),
    );
  const living = await introspect();
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, own, auth, tokens.access_token, here));
  return { tokens, living, revoked: await introspect() };
}

const ended = await (library === "openid-client" ? withOpenidClient() : withOauth4webapi());
console.log(JSON.stringify(ended));
