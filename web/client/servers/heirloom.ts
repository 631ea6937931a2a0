import { createServerSessions } from "@heirloom/client/server";

export const heirloom = createServerSessions({
  // As this server reaches Heirloom, with its base path.
  baseUrl: process.env.HEIRLOOM_URL ?? "http://127.0.0.1:8080/auth",
  // Your own services, which may receive the access token too.
  origins: ["https://api.example.com"],
});
