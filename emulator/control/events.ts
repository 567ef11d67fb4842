import type { IncomingMessage, ServerResponse } from "node:http";
import { refusalOf } from "./guard";
import { overview } from "./overview";
import type { Controlled } from "./switches";

/** How often to look what the clock has brought: nothing tells of it. */
const intervalMs = 250;

/** The last requests of the overview: what fits on a page. */
const shownRequests = 50;

/** What the page shows. It holds no secret. */
export function pageState({ state, faults, requestLog }: Controlled) {
  return {
    ...overview(state),
    faults: faults.list(),
    requests: requestLog.requests
      .slice(-shownRequests)
      .map(({ time, method, path, operation, status, fault }) => ({
        time,
        method,
        path,
        operation,
        status,
        fault,
      })),
  };
}

/** Sends what the page shows as server-sent events, at once and after each change. */
export function streamEvents(
  controlled: Controlled,
  message: IncomingMessage,
  response: ServerResponse,
): void {
  const refusal = refusalOf(message, controlled.state.url);
  if (refusal !== undefined) {
    response.writeHead(403, { "content-type": "text/plain" }).end(refusal);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let sent = "";
  const look = () => {
    const text = JSON.stringify(pageState(controlled));
    if (text === sent) return;
    sent = text;
    response.write(`data: ${text}\n\n`);
  };
  look();
  const timer = setInterval(look, intervalMs);
  response.on("close", () => {
    clearInterval(timer);
  });
}
