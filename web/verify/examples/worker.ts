import { Refusal } from "@heirloom/verify";
import { heirloom } from "./verifier.js";

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      const { userId } = await heirloom.verifyRequest(request);
      return new Response(`the orders of ${userId}`);
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      throw error;
    }
  },
};
