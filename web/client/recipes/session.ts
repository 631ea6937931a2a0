import { createSession } from "@heirloom/client";

export const session = createSession({
  baseUrl: "https://auth.example.com",
  // The access token is sent to these origins too.
  origins: ["https://api.example.com"],
});
