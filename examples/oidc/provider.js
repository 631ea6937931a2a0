// An OpenID provider for your own machine. It accepts any name and password.
import Provider from "oidc-provider";

const { PORT = "4000", CLIENT_URL = "http://localhost:3000" } = process.env;

const provider = new Provider(`http://localhost:${PORT}`, {
  clients: [{ client_id: "example", client_secret: "example-secret", redirect_uris: [`${CLIENT_URL}/callback`] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  // In the ID token, where the example reads them.
  conformIdTokenClaims: false,
  cookies: { keys: ["for-development-only"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
  }),
});
provider.listen(Number(PORT), "localhost", () => console.log(`OpenID provider: http://localhost:${PORT}`));
