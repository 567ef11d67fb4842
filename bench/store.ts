// A blob store that keeps nothing, in its own process. It sends its URL to the parent process.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(201, { "x-ms-version-id": "1" }).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/deploys/dags.tar.gz`);
});
process.on("disconnect", () => process.exit());
