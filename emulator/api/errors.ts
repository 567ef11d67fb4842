import { json, type Reply } from "../http";
import { newId } from "../state/records";

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

/** A 400 that names its fields. */
export function invalidFields(errors: readonly FieldError[]): ApiError {
  const text = errors.map(({ field, message }) => `${field} ${message}`).join("; ");
  return new ApiError(400, `Invalid request: ${text}`, errors);
}

export function invalid(field: string, code: string, message: string): ApiError {
  return invalidFields([{ field, code, message }]);
}

/** The service's error object. `fieldErrors` exists in v1 only. */
export function errorReply(error: ApiError, apiVersion?: string): Reply {
  return json(error.status, {
    message: error.message,
    requestId: newId(),
    statusCode: error.status,
    fieldErrors: apiVersion === "v1" ? error.fieldErrors : undefined,
  });
}
