import { createVerifier } from "@heirloom/verify";

export const heirloom = createVerifier<{ role?: "admin" | "user" }>({
  url: process.env.HEIRLOOM_URL ?? "https://auth.example.com",
  issuer: process.env.HEIRLOOM_ISSUER ?? "heirloom",
  audience: process.env.HEIRLOOM_AUDIENCE ?? "heirloom",
  // Of `heirloom service-key create api --scope ended:read`
  ...(process.env.HEIRLOOM_SERVICE_KEY && {
    endedSessions: {
      url: process.env.HEIRLOOM_SERVICE_URL ?? "http://10.0.0.5:9090",
      serviceKey: process.env.HEIRLOOM_SERVICE_KEY,
    },
  }),
});
