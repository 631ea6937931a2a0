// Swagger UI over the document of this server.
const root = document.getElementById("swagger-ui");

const dark = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followScheme);
followScheme();

// A page cannot set the access cookie, so Bearer is the way to authorize here.
const withBearerOnly = (document) => {
  const { access_token } = document.components.securitySchemes;
  access_token.description =
    "Try out /login: then this page sends the access token with every request, also after a reload. Or paste a token here.";
  document.components.securitySchemes = { access_token };
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      operation.security = operation.security?.filter((way) => "access_token" in way);
    }
  }
  return document;
};

// The path of this server as the browser sees it. A proxy may have removed a part of it.
const server = new URL(".", location.href).pathname.replace(/\/$/, "") || "/";

const start = async () => {
  const response = await fetch(root.dataset.openapi);
  const spec = withBearerOnly(await response.json());
  spec.servers = [{ url: server }];
  const ui = SwaggerUIBundle({
    spec,
    domNode: root,
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: true,
    // Whoever logs in or refreshes here has authorized.
    responseInterceptor: (response) => {
      const token = response.obj?.access_token;
      if (response.ok && typeof token === "string") {
        const schema = spec.components.securitySchemes.access_token;
        ui.authActions.authorizeWithPersistOption({ access_token: { name: "access_token", schema, value: token } });
      }
      return response;
    },
  });
};
start();
