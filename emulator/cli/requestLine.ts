import type { RecordedRequest } from "../requestLog";

/** A request and its answer in one line, which holds neither a token nor a signature. */
export function requestLine({ time, method, path, operation, status, fault }: RecordedRequest) {
  const answer = status === undefined ? "no answer" : String(status);
  const why = fault === undefined ? "" : ` (fault: ${fault})`;
  return `${time} ${method} ${path} ${operation}: ${answer}${why}`;
}
