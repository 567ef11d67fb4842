import https from "node:https";

/**
 * An agent that keeps connections, and asks for a certificate that this machine trusts whatever
 * NODE_TLS_REJECT_UNAUTHORIZED says: tokens and signatures go through it.
 */
export function verifyingAgent(): https.Agent {
  return new https.Agent({ keepAlive: true, rejectUnauthorized: true });
}
