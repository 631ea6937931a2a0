import { createSession } from "@heirloom/client";

const user = await createSession().user();
postMessage(user?.email ?? "anonymous");
