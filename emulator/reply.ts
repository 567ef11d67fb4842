import { newId } from "./ids";

/** An answer that is not sent yet, so that a fault can take its place. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}

/** One failed constraint of a request body. */
export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** A refusal in the service's form. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fieldErrors?: readonly FieldError[],
  ) {
    super(message);
  }
}

/** The service's error object. `fieldErrors` exists in v1 only. */
export function errorReply(error: ApiError, withFields: boolean): Reply {
  return json(error.status, {
    message: error.message,
    requestId: newId(),
    statusCode: error.status,
    ...(withFields && error.fieldErrors ? { fieldErrors: error.fieldErrors } : {}),
  });
}
