import type { IncomingRequest } from "./serverRequest.js";

type HeaderValue = string | number | readonly string[];

/** What `node:http`, Express and others pass to a handler, as far as it is needed here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export interface NodeResponse {
  readonly headersSent: boolean;
  getHeader: (name: string) => number | string | string[] | undefined;
  setHeader: (name: string, value: HeaderValue) => unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- It has overloads.
  writeHead: (...parts: any[]) => any;
}

export function fromNode(request: NodeRequest): IncomingRequest {
  return {
    ...(request.method && { method: request.method }),
    headers: {
      get(name) {
        const value = request.headers[name];
        return typeof value === "object" ? value.join(", ") : (value ?? null);
      },
    },
  };
}

/** Calls `change` at the last moment in which the headers can change, after those that the handler passes to `writeHead`. */
export function beforeHead(response: NodeResponse, change: () => void) {
  const writeHead = response.writeHead.bind(response);
  let isDone = false;
  response.writeHead = (...parts: unknown[]) => {
    const headers = parts.at(-1);
    if (!isDone && typeof headers === "object" && headers !== null) {
      parts.pop();
      for (const [name, value] of entriesOf(headers)) response.setHeader(name, value);
    }
    if (!isDone) change();
    isDone = true;
    return writeHead(...parts) as unknown;
  };
}

/** `writeHead` takes an object, or names and values in turn. A name may occur twice in the second form. */
function entriesOf(headers: object): Iterable<[string, HeaderValue]> {
  if (!Array.isArray(headers)) return Object.entries(headers as Record<string, HeaderValue>);
  const flat = headers.flat() as string[];
  const values = new Map<string, string[]>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = String(flat[index]).toLowerCase();
    values.set(name, [...(values.get(name) ?? []), String(flat[index + 1])]);
  }
  return values;
}

/** The headers of a response of Node, as far as they are changed here. */
export class NodeHeaders implements Pick<Headers, "get" | "set" | "append"> {
  constructor(private readonly response: NodeResponse) {}

  get(name: string): string | null {
    const value = this.response.getHeader(name);
    return value === undefined ? null : String(value);
  }

  set(name: string, value: string) {
    this.response.setHeader(name, value);
  }

  append(name: string, value: string) {
    const present = this.response.getHeader(name);
    this.response.setHeader(name, present === undefined ? [value] : [present].flat().map(String).concat(value));
  }
}
