import { check, type CheckResult } from "../lifecycle/check";
import type { Session } from "../lifecycle/session";
import { sanitizeError, shown } from "../http/redact";

/** Runs a method and removes secrets from whatever it throws. */
export async function guard<T>(method: () => T | Promise<T>): Promise<T> {
  try {
    return await method();
  } catch (error) {
    throw sanitizeError(error);
  }
}

/** Checks what the program declares. */
export async function checkDeclared(
  session: Session,
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
): Promise<CheckResult> {
  const { inputs, failures } = await check(session, olds, news);
  if (failures.length === 0) session.declarations.keepDeclared(inputs);
  // The engine prints the value of a property that is named, also of a secret one.
  const unnamed = failures.map(({ property, reason, code }) => ({
    property: "",
    reason: shown(property === "" ? reason : `${property}: ${reason}`, code),
    code,
  }));
  return { inputs, failures: unnamed };
}
