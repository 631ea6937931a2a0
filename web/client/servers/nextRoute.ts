import { heirloom } from "./heirloom";

export async function POST(request: Request): Promise<Response> {
  const clientAddress = request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
  const session = heirloom.open(request, { clientAddress });
  const user = await session.user();
  if (!user) return session.apply(new Response("Log in first.", { status: 401 }));
  const orders = "https://api.example.com/orders";
  const response = await session.fetch(orders, { method: "POST", body: await request.text() });
  return session.apply(Response.json(await response.json(), { status: response.status }));
}
