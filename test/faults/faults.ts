import type { Fault } from "../../emulator";

/** A way in which a call goes wrong. */
export type Disturbance = {
  /** How far the service's clock is ahead of this machine's, in hours. Default 0. */
  aheadHours?: number;
  /** What the error says. */
  says?: RegExp;
} & (
  | Pick<Fault, "how" | "when">
  /** Nothing listens. */
  | { refused: true }
  /** 429 with a date in `Retry-After`, so far from now by the service's clock. */
  | { retryAfterDateMs: number }
  /**
   * The token ends just before the call, for good. The next operation has another text of it
   * (`expired`: its subject stays the same), or another token (`revoked`).
   */
  | { token: "expired" | "revoked" }
);

const endedToken = { says: /The token is wrong, expired or revoked/ };

/** Every way, by its name in the tables. Those `after` are processed, and only their answer is lost. */
export const disturbances: readonly (readonly [name: string, Disturbance])[] = [
  ["refused", { refused: true }],
  ["reset before", { how: "reset" }],
  ["reset midway", { how: { cutAfterBytes: 10 } }],
  ["reset after", { how: "reset", when: "after" }],
  ["timeout before", { how: "hang" }],
  ["timeout after", { how: "hang", when: "after" }],
  ["429", { how: { status: 429, body: "slow down" } }],
  ["429 seconds", { how: { status: 429, headers: { "retry-after": "1" } } }],
  ["429 date", { retryAfterDateMs: 2000 }],
  ["429 an hour", { how: { status: 429, headers: { "retry-after": "3600" } } }],
  ["500", { how: { status: 500 } }],
  ["500 after", { how: { status: 500 }, when: "after" }],
  ["502", { how: { html: 502 } }],
  ["503", { how: { status: 503 } }],
  ["504", { how: { status: 504 } }],
  ["504 after", { how: { status: 504 }, when: "after" }],
  ["truncated", { how: "truncate" }],
  ["html", { how: "html" }],
  ["html after", { how: "html", when: "after" }],
  ["shape", { how: "shape" }],
  ["shape after", { how: "shape", when: "after" }],
  ["trickle", { how: { trickleMs: 200 } }],
  ["307", { how: { status: 307, headers: { location: "/elsewhere" } } }],
  ["401", { how: { status: 401 } }],
  ["403", { how: { status: 403 } }],
  [
    "403 signature",
    { how: { status: 403, headers: { "x-ms-error-code": "AuthenticationFailed" } } },
  ],
  ["403 page", { how: { html: 403 } }],
  ["token expired", { token: "expired", ...endedToken }],
  ["token revoked", { token: "revoked", ...endedToken }],
  // This machine's clock is behind, and ahead.
  ["reset, -30 h", { how: "reset", when: "after", aheadHours: 30 }],
  ["reset, +30 h", { how: "reset", when: "after", aheadHours: -30 }],
  ["429 date, -30 h", { retryAfterDateMs: 2000, aheadHours: 30 }],
  ["429 date, +30 h", { retryAfterDateMs: 2000, aheadHours: -30 }],
];
