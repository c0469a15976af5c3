// A storefront in 40 lines of JavaScript: node store.mjs, no package needed.
// LIVESHOP_URL, LIVESHOP_KEY (products:read, links:write), PORT; CREATOR sells.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";

const { LIVESHOP_URL, LIVESHOP_KEY, CREATOR = "mika", PORT = "3000" } = process.env;

async function api(path, body, key = randomUUID()) {
  const answer = await fetch(`${LIVESHOP_URL}/v1${path}`, {
    method: body ? "POST" : "GET",
    body: body && JSON.stringify(body),
    headers: {
      Authorization: `Bearer ${LIVESHOP_KEY}`,
      ...(body && { "Content-Type": "application/json", "Idempotency-Key": key }),
    },
  });
  if (answer.status === 503 || answer.status === 429) {
    await new Promise((done) => setTimeout(done, 1000 * answer.headers.get("Retry-After")));
    return api(path, body, key); // the same key: never a second link
  }
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error.message), { code: told.error.code });
  return told;
}

const safe = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt()};`);
const price = ({ amount, currency }) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);

createServer(async ({ url }, page) => {
  try {
    if (url.startsWith("/buy/")) {
      const items = { [decodeURIComponent(url.slice(5))]: 1 };
      const { link } = await api("/links", { creator: CREATOR, items });
      return page.writeHead(303, { Location: link.url }).end();
    }
    const { products } = await api("/products");
    const rows = products.map((p) => `<li><a href="/buy/${p.sku}">${safe(p.title)}</a> ${price(p.price)}`);
    page.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(`<ul>${rows.join("")}</ul>`);
  } catch (error) {
    page.writeHead(502, { "Content-Type": "text/plain" }).end(error.code ?? "unreachable");
  }
}).listen(PORT, "127.0.0.1", function () { console.log(this.address().port); });
