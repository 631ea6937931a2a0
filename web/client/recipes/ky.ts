import ky from "ky";
import { session } from "./session";

export const api = ky.create({ fetch: session.fetch });
