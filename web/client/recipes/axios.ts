import axios from "axios";
import { session } from "./session";

export const api = axios.create({
  baseURL: "https://api.example.com",
  adapter: "fetch",
  env: { fetch: session.fetch },
});
