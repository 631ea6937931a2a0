import { requireSession } from "@heirloom/verify/hono";
import { Hono } from "hono";
import { heirloom } from "./verifier.js";

export const app = new Hono()
  .get("/health", (context) => context.text("ok"))
  .use(requireSession(heirloom))
  .get("/orders", (context) => {
    const { userId, claims } = context.get("heirloom");
    return context.text(claims.role === "admin" ? "all orders" : `the orders of ${userId}`);
  });
