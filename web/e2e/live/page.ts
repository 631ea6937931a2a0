import { createSession } from "@heirloom/client";
import { connect } from "../../../examples/websocket/live.js";

declare global {
  interface Window {
    messages: string[];
    /** The code and the reason of each socket that was closed. */
    closings: { code: number; reason: string; at: number }[];
    urls: string[];
    send: (text: string) => void;
  }
}

window.messages = [];
window.closings = [];
window.urls = [];
window.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    window.urls.push(String(url));
    window.send = (text) => this.send(text);
    this.addEventListener("close", ({ code, reason }) => window.closings.push({ code, reason, at: Date.now() }));
  }
};

const session = createSession({ baseUrl: "/auth" });
window.session = session;
connect(session, `ws://${location.host}/live`, (message) => window.messages.push(message));
