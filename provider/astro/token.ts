/** What an API token says of itself, where it is a JWT that can be read. Nothing is verified. */
export interface TokenClaims {
  /** The id of the user or of the API token. */
  subject?: string;
  /** Only API tokens carry permissions; that is how the official client tells them from users'. */
  isApiToken: boolean;
}

/** @returns undefined where the token cannot be read: then nothing is known of it. */
export function readToken(token: string): TokenClaims | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as unknown;
    if (typeof claims !== "object" || claims === null) return undefined;
    const { apiTokenId, sub, permissions } = claims as Record<string, unknown>;
    const subject = apiTokenId ?? sub;
    return {
      ...(typeof subject === "string" && { subject }),
      isApiToken: Array.isArray(permissions) && permissions.length > 0,
    };
  } catch {
    return undefined;
  }
}
