// A site on Express whose pages express-openid-connect guards: "/" shows whose it is, "/goodbye" is for everybody.
// The one argument is JSON: port, and what the library is told beside that, of which it has defaults for the rest.
import { auth } from "express-openid-connect";
import express from "express";

const { port, ...told } = JSON.parse(process.argv[2]);
const app = express();
app.get("/health", (_, response) => response.send("up"));
app.get("/goodbye", (_, response) => response.send("<title>Goodbye</title>"));
app.use(auth({ ...told, baseURL: `http://localhost:${port}`, secret: "a secret of its own, which is long" }));
app.get("/", (request, response) => response.json(request.oidc.user));
app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.error, error_description: error.error_description });
});
app.listen(port, "127.0.0.1");
