import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { create, NetworkError, type NetworkOptions } from "../../mod.ts";
import { unusedPort } from "../support/fault_server.ts";
import { pem, sharedProxies } from "../support/proxies.ts";
import { bothStyles } from "../support/styles.ts";

const proxies = sharedProxies();
const secure = (): string => `https://localhost:${proxies.ports.secure}/`;
// Clients of a route live as long as the thread, as their connections do.
const options = { sanitizeResources: false };

bothStyles("network.caCerts trusts a server of a private authority", async (t) => {
  await t.fails(t.get(create(), secure()), NetworkError);
  const api = create({ network: { caCerts: [proxies.ca] } });
  const { data } = await t.get<{ version: string }>(api, secure());
  assertMatch(data.version, /^[12]/);
}, options);

bothStyles("network.cert and key show a client certificate", async (t) => {
  const caCerts = [proxies.ca];
  const api = create({ network: { caCerts, cert: pem("client.pem"), key: pem("client.key") } });
  const { data } = await t.get<{ authorized: boolean }>(api, secure());
  assertEquals(data.authorized, true);
}, options);

bothStyles("network.http2 speaks HTTP/2 where the server can", async (t) => {
  const api = create({ network: { caCerts: [proxies.ca], http2: true } });
  const { data } = await t.get<{ version: string }>(api, secure());
  assertEquals(data.version, "2.0");
}, options);

bothStyles("network.unixSocket reaches a server behind a unix socket", async (t) => {
  const api = create({ network: { unixSocket: proxies.socket } });
  const { data } = await t.get(api, "http://localhost/");
  assertEquals(data, "over a unix socket");
}, options);

bothStyles("a refused proxy, a refused CONNECT and a missing unix socket are named", async (t) => {
  const failure = async (network: NetworkOptions, url: string) =>
    (await t.fails(t.get(create({ network }), url), NetworkError)).message;
  const closed = `http://127.0.0.1:${unusedPort()}`;
  for (const url of ["http://example.com/CERTIFICATES", "https://example.com/"]) {
    assertEquals(
      await failure({ proxy: closed.replace("//", "//me:s3cret@") }, url),
      `Cannot reach "GET ${url}" through the proxy "${closed.replace("//", "//***@")}": ` +
        "connection refused",
    );
  }
  const proxy = `http://127.0.0.1:${proxies.ports.locked}`;
  assertStringIncludes(
    await failure({ proxy }, secure()),
    `through the proxy "${proxy}": the proxy wants credentials`,
  );
  assertStringIncludes(
    await failure({ proxy: proxy.replace("//", "//alone@") }, `https://127.0.0.1:${unusedPort()}/`),
    ": the proxy refused to connect to the host",
  );
  const unixSocket = `${proxies.socket}.none`;
  assertStringIncludes(
    await failure({ unixSocket }, "http://localhost/"),
    `at the unix socket "${unixSocket}": there is no such socket`,
  );
}, options);

bothStyles("network refuses what cannot be meant", async (t) => {
  const both = create({ network: { proxy: "http://127.0.0.1:9", unixSocket: "/x" } });
  await t.fails(t.get(both, "http://localhost/"), TypeError);
  const network = { socks: "socks://127.0.0.1" } as never;
  const error = await t.fails(() => create({ network }), TypeError);
  assertStringIncludes(error.message, '"socks" of "network"');
  const broken = create({ network: { cert: "no certificate", key: "no key" } });
  await t.fails(t.get(broken, "http://localhost/"), TypeError);
}, options);
